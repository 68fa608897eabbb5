namespace Sensorium.Tensors;

/// <summary>The fused operations, each defined here by its primitives.</summary>
public abstract partial class Compute
{
    /// <summary>epilogue(x Wᵀ): <c>[rows, in]</c> to <c>[rows, out]</c>. The weight may be a stack; so may scale and bias.</summary>
    public virtual Tensor Linear(Tensor x, Weight weight, in Epilogue epilogue = default) =>
        Finish(MatMul(x, weight), epilogue);

    /// <summary>epilogue(convolution of x); see <see cref="Convolve(FeatureMaps, Weight, in Window)"/>.</summary>
    public virtual FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window, in Epilogue epilogue)
    {
        FeatureMaps y = Convolve(x, weight, window);
        return y.With(Finish(y.Rows, epilogue));
    }

    /// <summary>activation(gate) · up, where a row is gate and up side by side: <c>[rows, 2 n]</c> to <c>[rows, n]</c> (Shazeer 2020).</summary>
    public virtual Tensor Gate(Tensor gateUp, Activation activation)
    {
        nint half = gateUp.Columns / 2;
        return Multiply(Activate(gateUp.Slice(0, half), activation), gateUp.Slice(half, half));
    }

    /// <summary>The keys and values of a pass: kept in the plan's pages where it has them, else the rows themselves.</summary>
    /// <param name="plan">The rows' plan.</param>
    /// <param name="layer">The layer's place in the pages.</param>
    /// <param name="keys">[rows, KvHeads · KeySize]</param>
    /// <param name="values">[rows, KvHeads · ValueSize]</param>
    /// <param name="computedIn">What the rows were computed in; see <see cref="KeyValues.ComputedIn"/>.</param>
    public KeyValues Keep(Plan plan, int layer, Tensor keys, Tensor values, Arithmetic computedIn = Arithmetic.Float32)
    {
        if (plan.Kv is null)
        {
            return KeyValues.Rows(keys, values, computedIn);
        }

        Append(plan, layer, keys, values);
        return KeyValues.Paged(layer);
    }

    /// <summary>
    /// Scaled dot-product attention with grouped heads (Vaswani et al. 2017; Ainslie et al. 2023), each sequence for
    /// itself. A row sees what the plan and the window say; one that sees nothing gives zeros.
    /// </summary>
    /// <param name="queries">[rows, Heads · KeySize]</param>
    /// <param name="source">Where keys and values are.</param>
    /// <param name="plan">The queries' rows.</param>
    /// <param name="shape">Heads, sizes, scale, window.</param>
    /// <returns>[rows, Heads · ValueSize]</returns>
    public virtual Tensor Attend(Tensor queries, KeyValues source, Plan plan, AttentionShape shape)
    {
        var sequences = new Tensor[plan.Segments.Length];
        for (int i = 0; i < sequences.Length; i++)
        {
            Segment segment = plan.Segments[i];
            (Tensor keys, Tensor values) = KeysOf(source, plan, i);
            sequences[i] = AttendOne(queries.SliceRows(segment.FirstRow, segment.Rows), keys, values, plan, segment, source.AreMemory, shape);
        }

        return ConcatRows(sequences);
    }

    (Tensor Keys, Tensor Values) KeysOf(KeyValues source, Plan plan, int index)
    {
        if (source.ArePaged)
        {
            int count = source.Count(plan, index);
            return ReadPages(source.Pool(plan), source.Pages(plan, index), source.Layer, count);
        }

        Segment rows = (source.Plan ?? plan).Segments[index];
        return (source.Keys.SliceRows(rows.FirstRow, rows.Rows), source.Values.SliceRows(rows.FirstRow, rows.Rows));
    }

    Tensor AttendOne(Tensor queries, Tensor keys, Tensor values, Plan plan, Segment segment, bool seesAll, AttentionShape shape)
    {
        var starts = new int[segment.Rows];
        var ends = new int[segment.Rows];
        for (int row = 0; row < segment.Rows; row++)
        {
            ends[row] = seesAll ? (int)keys.Rows : plan.VisibleEnds[segment.FirstRow + row];
            starts[row] = shape.Window == 0 ? 0 : Math.Max(0, segment.Start + row + 1 - shape.Window);
        }

        int group = shape.Heads / shape.KvHeads;
        var heads = new Tensor[shape.Heads];
        for (int head = 0; head < shape.Heads; head++)
        {
            int kvHead = head / group;
            Tensor scores = Affine(
                MatMul(queries.Slice(head * shape.KeySize, shape.KeySize), keys.Slice(kvHead * shape.KeySize, shape.KeySize), transposed: true),
                shape.Scale);
            if (shape.SoftCap != 0)
            {
                scores = Affine(Activate(Affine(scores, 1 / shape.SoftCap), Activation.Tanh), shape.SoftCap);
            }

            if (shape.Bias is { } bias)
            {
                scores = Add(scores, RelativeBias(bias, head, segment, (int)keys.Rows));
            }

            heads[head] = MatMul(SoftmaxWithin(scores, starts, ends), values.Slice(kvHead * shape.ValueSize, shape.ValueSize));
        }

        return Concat(heads);
    }

    Tensor RelativeBias(RelativeBias bias, int head, Segment segment, int keys)
    {
        var buckets = new int[segment.Rows * keys];
        for (int row = 0; row < segment.Rows; row++)
        {
            for (int key = 0; key < keys; key++)
            {
                buckets[row * keys + key] = bias.Bucket(key - (segment.Start + row));
            }
        }

        return Gather(Load(bias.Table).Slice(head, 1), buckets).Reshape(segment.Rows, keys);
    }

    Tensor Finish(Tensor y, in Epilogue epilogue)
    {
        if (epilogue.Scale is { } scale)
        {
            y = Multiply(y, Load(scale));
        }

        if (epilogue.Bias is { } bias)
        {
            y = Add(y, Load(bias));
        }

        if (epilogue.Norm is { } norm)
        {
            y = BatchNorm(y, norm);
        }

        if (epilogue.Activation != Activation.None)
        {
            y = Activate(y, epilogue.Activation);
        }

        return epilogue.Residual.IsNone ? y : Add(y, epilogue.Residual);
    }
}
