namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Concat(params ReadOnlySpan<Tensor> parts)
    {
        nint columns = 0;
        foreach (Tensor part in parts)
        {
            ShapeCheck.Size(part, parts[0].Rows, part.Columns);
            columns += part.Columns;
        }

        Tensor y = New(parts.Length == 0 ? 0 : parts[0].Rows, columns);
        nint at = 0;
        foreach (Tensor part in parts)
        {
            CopyRows(part, y.Slice(at, part.Columns));
            at += part.Columns;
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor ConcatRows(params ReadOnlySpan<Tensor> parts)
    {
        nint rows = 0;
        foreach (Tensor part in parts)
        {
            ShapeCheck.Size(part, part.Rows, parts[0].Columns);
            rows += part.Rows;
        }

        Tensor y = New(rows, parts.Length == 0 ? 0 : parts[0].Columns);
        nint at = 0;
        foreach (Tensor part in parts)
        {
            CopyRows(part, y.SliceRows(at, part.Rows));
            at += part.Rows;
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        ShapeCheck.Indices(rows, x.Rows, allowNone: true, "the tensor");
        Tensor y = New(rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0)
            {
                new Span<float>(y.FloatRow(i), (int)x.Columns).Clear();
                continue;
            }

            Copy(x.FloatRow(rows[i]), y.FloatRow(i), x.Columns);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows)
    {
        ShapeCheck.Size(values, rows.Length, x.Columns);
        ShapeCheck.Indices(rows, x.Rows, allowNone: false, "the tensor");
        Tensor y = New(x.Rows, x.Columns);
        CopyRows(x, y);
        for (int i = 0; i < rows.Length; i++)
        {
            Copy(values.FloatRow(i), y.FloatRow(rows[i]), x.Columns);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths)
    {
        ShapeCheck.Runs(x, lengths);
        Tensor y = New(lengths.Length, x.Columns);
        RowKernels kernels = Kernels;
        nint row = 0;
        for (int run = 0; run < lengths.Length; run++)
        {
            float* to = y.FloatRow(run);
            new Span<float>(to, (int)x.Columns).Clear();
            for (int i = 0; i < lengths[run]; i++, row++)
            {
                kernels.Add(to, x.FloatRow(row), to, x.Columns);
            }

            kernels.Affine(to, to, x.Columns, 1f / Math.Max(lengths[run], 1), 0);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor ArgMax(Tensor x)
    {
        Tensor y = New(x.Rows, 1, DType.I32);
        EachRow(x.Rows, x.Columns, new ArgMaxJob { X = x, Y = y, Kernel = Kernels.ArgMax });
        return y;
    }

    void CopyRows(Tensor from, Tensor to) => EachRow(from.Rows, 2 * from.Columns, new CopyJob { X = from, Y = to });

    static void Copy(float* source, float* destination, nint count) => Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));

    struct CopyJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;

        public readonly void Row(nint row) => Copy(X.FloatRow(row), Y.FloatRow(row), X.Columns);
    }

    struct ArgMaxJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public delegate*<float*, nint, nint> Kernel;

        public readonly void Row(nint row) => Y.Integers[row] = (int)Kernel(X.FloatRow(row), X.Columns);
    }
}
