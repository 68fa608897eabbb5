namespace Sensorium.Tensors;

/// <summary>Attention's shape and structure. The pattern (causal, bidirectional spans, segments) is the plan's.</summary>
public sealed record AttentionShape
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads; each serves Heads / KvHeads query heads in a row.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Numbers in a query or key.</summary>
    public required int KeySize { get; init; }

    /// <summary>Numbers in a value; the key's size unless told.</summary>
    public int ValueSize { get => field == 0 ? KeySize : field; init; }

    /// <summary>Scores are multiplied by this; 1 / sqrt(KeySize) unless told.</summary>
    public float Scale { get => field == 0 ? 1 / MathF.Sqrt(KeySize) : field; init; }

    /// <summary>A row sees only the last so many tokens up to itself; 0: all.</summary>
    public int Window { get; init; }

    /// <summary>Scores become cap · tanh(score / cap); 0: they do not (Gemma 2).</summary>
    public float SoftCap { get; init; }

    /// <summary>An additive term that depends on the distance key - query, per head (T5); null: none.</summary>
    public RelativeBias? Bias { get; init; }
}

/// <summary>
/// T5's relative position bias: a table [buckets, heads] looked up by the bucket of key position - query position
/// (Raffel et al. 2020; transformers T5Attention._relative_position_bucket).
/// </summary>
/// <param name="Table">[buckets, heads]</param>
/// <param name="MaxDistance">Distances from here on share the last bucket; more than the distances that have a bucket of their own.</param>
/// <param name="Bidirectional">Half the buckets are for keys after the query.</param>
public sealed record RelativeBias(Weight Table, int MaxDistance, bool Bidirectional)
{
    /// <summary>The bucket of a distance (key position - query position).</summary>
    public int Bucket(int distance)
    {
        int buckets = (int)Table.Outputs;
        int bucket = 0;
        if (Bidirectional)
        {
            buckets /= 2;
            bucket = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
        {
            distance = Math.Max(-distance, 0);
        }

        int exact = buckets / 2;
        if (distance < exact)
        {
            return bucket + distance;
        }

        if (distance >= MaxDistance)
        {
            return bucket + buckets - 1;
        }

        // The reference takes the first logarithm in single precision, the second in double.
        float log = MathF.Log((float)distance / exact) / (float)Math.Log((double)MaxDistance / exact) * (buckets - exact);
        return bucket + Math.Min(exact + (int)log, buckets - 1);
    }
}

/// <summary>Where attention finds its keys and values.</summary>
public readonly struct KeyValues
{
    KeyValues(Tensor keys, Tensor values, Plan? plan, int layer, bool ofMemory, Arithmetic computedIn = Arithmetic.Float32)
    {
        ComputedIn = computedIn;
        Keys = keys;
        Values = values;
        Plan = plan;
        Layer = layer;
        AreMemory = ofMemory;
    }

    /// <summary>[rows, KvHeads · KeySize]; none where they are in pages.</summary>
    public Tensor Keys { get; }

    /// <summary>[rows, KvHeads · ValueSize]; none where they are in pages.</summary>
    public Tensor Values { get; }

    /// <summary>Whose rows the keys are, when they are not the queries' own: segment i of the queries reads segment i of this plan (cross-attention).</summary>
    public Plan? Plan { get; }

    /// <summary>The layer within the pages; -1 where they are rows.</summary>
    public int Layer { get; }

    /// <summary>True where the queries' plan says where they are kept.</summary>
    public bool ArePaged => Layer >= 0;

    /// <summary>True where they are a memory's: every query of the sequence sees all of them, and a sequence that has no memory sees none.</summary>
    public bool AreMemory { get; }

    /// <summary>
    /// What the rows were computed in. Where that is coarser than float32, fast numerics may multiply queries, keys,
    /// weights and values as bfloat16; sums and the softmax stay float32.
    /// </summary>
    public Arithmetic ComputedIn { get; }

    /// <summary>The rows of this pass.</summary>
    /// <param name="keys">[rows, KvHeads · KeySize]</param>
    /// <param name="values">[rows, KvHeads · ValueSize]</param>
    /// <param name="computedIn">See <see cref="ComputedIn"/>.</param>
    public static KeyValues Rows(Tensor keys, Tensor values, Arithmetic computedIn = Arithmetic.Float32) => new(keys, values, null, -1, false, computedIn);

    /// <summary>Rows of something else: an encoder's output.</summary>
    /// <param name="keys">[rows, KvHeads · KeySize]</param>
    /// <param name="values">[rows, KvHeads · ValueSize]</param>
    /// <param name="plan">Whose rows they are: segment i of the queries reads segment i of it.</param>
    /// <param name="computedIn">See <see cref="ComputedIn"/>.</param>
    public static KeyValues Memory(Tensor keys, Tensor values, Plan plan, Arithmetic computedIn = Arithmetic.Float32) => new(keys, values, plan, -1, true, computedIn);

    /// <summary>What the pages of the queries' plan hold for a layer.</summary>
    public static KeyValues Paged(int layer) => new(default, default, null, layer, false);

    /// <summary>What the memories of the queries' plan hold in pages for a layer.</summary>
    public static KeyValues PagedMemory(int layer) => new(default, default, null, layer, true);

    /// <summary>How many keys a sequence of the queries' plan finds.</summary>
    internal int Count(Plan queries, int segment) =>
        !ArePaged ? (Plan ?? queries).Segments[segment].Rows
        : AreMemory ? queries.Segments[segment].Memory?.Length ?? 0
        : queries.Segments[segment].Length;

    /// <summary>Where they are kept.</summary>
    /// <exception cref="InvalidOperationException">The plan does not say.</exception>
    internal KvPool Pool(Plan queries) => (AreMemory ? queries.MemoryKv : queries.Kv)
        ?? throw new InvalidOperationException(AreMemory ? "the plan has no pages of memories" : "the plan has no pages");

    /// <summary>A sequence's pages; null where it has no memory.</summary>
    internal PageTable? Pages(Plan queries, int segment) => AreMemory ? queries.Segments[segment].Memory : ShapeCheck.Pages(queries, segment);
}
