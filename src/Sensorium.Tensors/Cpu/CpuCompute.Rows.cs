namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Concat(params ReadOnlySpan<Tensor> parts)
    {
        nint columns = 0;
        foreach (Tensor part in parts)
        {
            columns += part.Columns;
        }

        Tensor y = New(parts[0].Rows, columns);
        nint at = 0;
        foreach (Tensor part in parts)
        {
            for (nint r = 0; r < y.Rows; r++)
            {
                Copy(part.FloatRow(r), y.FloatRow(r) + at, part.Columns);
            }

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
            rows += part.Rows;
        }

        Tensor y = New(rows, parts[0].Columns);
        nint at = 0;
        foreach (Tensor part in parts)
        {
            for (nint r = 0; r < part.Rows; r++)
            {
                Copy(part.FloatRow(r), y.FloatRow(at++), y.Columns);
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        Tensor y = New(rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0)
            {
                new Span<float>(y.FloatRow(i), (int)x.Columns).Clear();
                continue;
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rows[i], x.Rows, nameof(rows));
            Copy(x.FloatRow(rows[i]), y.FloatRow(i), x.Columns);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows)
    {
        Tensor y = New(x.Rows, x.Columns);
        for (nint r = 0; r < x.Rows; r++)
        {
            Copy(x.FloatRow(r), y.FloatRow(r), x.Columns);
        }

        for (int i = 0; i < rows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)x.Rows, nameof(rows));
            Copy(values.FloatRow(i), y.FloatRow(rows[i]), x.Columns);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths)
    {
        Tensor y = New(lengths.Length, x.Columns);
        nint row = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            float* o = y.FloatRow(i);
            new Span<float>(o, (int)x.Columns).Clear();
            for (int r = 0; r < lengths[i]; r++, row++)
            {
                for (nint c = 0; c < x.Columns; c++)
                {
                    o[c] += x.FloatRow(row)[c];
                }
            }

            for (nint c = 0; c < x.Columns; c++)
            {
                o[c] /= lengths[i];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor ArgMax(Tensor x)
    {
        Tensor y = New(x.Rows, 1, DType.I32);
        for (nint r = 0; r < x.Rows; r++)
        {
            int best = 0;
            for (nint c = 1; c < x.Columns; c++)
            {
                best = x.FloatRow(r)[c] > x.FloatRow(r)[best] ? (int)c : best;
            }

            y.Integers[r] = best;
        }

        return y;
    }

    static void Copy(float* source, float* destination, nint count) => Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
}
