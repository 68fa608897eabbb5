namespace Sensorium.Tensors;

/// <summary>One sequence's share of a <see cref="Plan"/>.</summary>
/// <param name="FirstRow">Its first row.</param>
/// <param name="Rows">How many rows it has in this pass.</param>
/// <param name="Start">How many of its tokens went before (in its pages).</param>
/// <param name="RopeLength">The length that length-dependent rope scalings (dynamic NTK, longrope) go by.</param>
/// <param name="Pages">Where its keys and values are kept; null where nothing is kept (encoders, training).</param>
/// <param name="Memory">Where the keys and values of its memory (encoder output that cross-attention reads) are kept; null where it has none.</param>
public readonly record struct Segment(int FirstRow, int Rows, int Start, int RopeLength, PageTable? Pages, PageTable? Memory = null)
{
    /// <summary>Tokens that exist after this pass: the number of keys.</summary>
    public int Length => Start + Rows;
}

/// <summary>
/// Which rows of a forward pass belong to which sequence, at which positions, and how far each row sees. Rows of many
/// sequences lie end to end; only operations that mix rows look at it. It is built again for every pass and reused, so
/// that a steady engine step allocates nothing.
/// </summary>
public sealed class Plan
{
    Segment[] segments = new Segment[4];
    int[] visibleEnds = new int[64];
    int[] positions;
    int[] wanted = new int[4];
    int segmentCount;
    int wantedCount;

    /// <summary>An empty plan whose positions have the given number of axes (1; 3 for M-RoPE: time, height, width).</summary>
    public Plan(int axes = 1)
    {
        Axes = axes;
        positions = new int[64 * axes];
    }

    /// <summary>Position axes.</summary>
    public int Axes { get; }

    /// <summary>Rows in all.</summary>
    public int Rows { get; private set; }

    /// <summary>Where keys and values are kept; null where nothing is kept.</summary>
    public KvPool? Kv { get; private set; }

    /// <summary>Where memories' keys and values are kept; null where no sequence has a memory in pages.</summary>
    public KvPool? MemoryKv { get; private set; }

    /// <summary>
    /// Memories as rows of encoder output, where nothing is kept in pages (training, a pass by itself); none where there are none.
    /// </summary>
    public Tensor MemoryRows { get; private set; }

    /// <summary>Whose rows <see cref="MemoryRows"/> are: sequence i of this plan reads sequence i of that one.</summary>
    public Plan? MemoryPlan { get; private set; }

    /// <summary>The sequences in the order of their rows.</summary>
    public ReadOnlySpan<Segment> Segments => segments.AsSpan(0, segmentCount);

    /// <summary>For each row, the index within its sequence of the first token that it does not see (its own + 1 when causal).</summary>
    public ReadOnlySpan<int> VisibleEnds => visibleEnds.AsSpan(0, Rows);

    /// <summary>Rows whose logits are asked for, ascending.</summary>
    public ReadOnlySpan<int> WantedRows => wanted.AsSpan(0, wantedCount);

    /// <summary>The positions along one axis, a number for each row.</summary>
    public ReadOnlySpan<int> Positions(int axis = 0) => positions.AsSpan(axis * RowCapacity, Rows);

    int RowCapacity => positions.Length / Axes;

    /// <summary>A plan without pages: sequences of the given lengths, positions from 0, causal or seeing everything.</summary>
    public static Plan Of(bool causal, params ReadOnlySpan<int> lengths)
    {
        var plan = new Plan();
        foreach (int length in lengths)
        {
            plan.Add(length, causal: causal);
        }

        return plan;
    }

    /// <summary>Empties the plan for the next pass.</summary>
    /// <param name="kv">Where the sequences' keys and values are kept.</param>
    /// <param name="memoryKv">Where those of their memories are.</param>
    public void Clear(KvPool? kv = null, KvPool? memoryKv = null)
    {
        Rows = 0;
        segmentCount = 0;
        wantedCount = 0;
        Kv = kv;
        MemoryKv = memoryKv;
        MemoryRows = default;
        MemoryPlan = null;
    }

    /// <summary>Gives the sequences memories that are rows of encoder output.</summary>
    /// <param name="rows">[rows of <paramref name="plan"/>, channels]</param>
    /// <param name="plan">As many sequences as this one has.</param>
    public void Remember(Tensor rows, Plan plan)
    {
        MemoryRows = rows;
        MemoryPlan = plan;
    }

    /// <summary>
    /// Adds the next <paramref name="rows"/> tokens of a sequence. Positions (all axes) continue at
    /// <paramref name="position"/>, by default the number of tokens that went before.
    /// </summary>
    /// <returns>The index of the first row.</returns>
    public int Add(int rows, PageTable? pages = null, int? position = null, bool causal = true, int ropeLength = 0, PageTable? memory = null)
    {
        int first = Rows;
        int start = pages?.Length ?? 0;
        int at = position ?? start;
        Ensure(first + rows);
        Rows += rows;
        for (int i = 0; i < rows; i++)
        {
            visibleEnds[first + i] = causal ? start + i + 1 : start + rows;
            for (int axis = 0; axis < Axes; axis++)
            {
                positions[axis * RowCapacity + first + i] = at + i;
            }
        }

        if (segmentCount == segments.Length)
        {
            Array.Resize(ref segments, segments.Length * 2);
        }

        segments[segmentCount++] = new Segment(first, rows, start, Math.Max(ropeLength, at + rows), pages, memory);
        return first;
    }

    /// <summary>Sets one row's position along one axis.</summary>
    public void SetPosition(int row, int axis, int position) => positions[axis * RowCapacity + row] = position;

    /// <summary>Lets rows see up to <paramref name="end"/> (exclusive, counted within their sequence): a bidirectional span or a prefix.</summary>
    public void SetVisible(int firstRow, int rows, int end) => visibleEnds.AsSpan(firstRow, rows).Fill(end);

    /// <summary>Asks for the logits of a row; ascending order.</summary>
    public void Want(int row)
    {
        if (wantedCount == wanted.Length)
        {
            Array.Resize(ref wanted, wanted.Length * 2);
        }

        wanted[wantedCount++] = row;
    }

    /// <summary>After the pass: counts the rows as kept in their sequences' pages.</summary>
    public void Commit()
    {
        foreach (Segment segment in Segments)
        {
            if (segment.Pages is { } pages)
            {
                pages.Length = segment.Length;
            }
        }
    }

    void Ensure(int rows)
    {
        if (rows <= RowCapacity)
        {
            return;
        }

        int capacity = Math.Max(rows, RowCapacity * 2);
        var grown = new int[capacity * Axes];
        for (int axis = 0; axis < Axes; axis++)
        {
            Positions(axis).CopyTo(grown.AsSpan(axis * capacity));
        }

        positions = grown;
        if (visibleEnds.Length < capacity)
        {
            Array.Resize(ref visibleEnds, capacity);
        }
    }
}
