namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override Tensor Embed(Weight table, ReadOnlySpan<int> ids)
    {
        ShapeCheck.Indices(ids, table.Outputs, allowNone: false, table.Name);
        Tensor y = New(ids.Length, table.Inputs);
        for (int i = 0; i < ids.Length; i++)
        {
            Prepared(table).Row(ids[i]).CopyTo(Row(y, i));
        }

        return y;
    }

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
        nint column = 0;
        foreach (Tensor part in parts)
        {
            Copy(part, y.Slice(column, part.Columns));
            column += part.Columns;
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
        nint first = 0;
        foreach (Tensor part in parts)
        {
            Copy(part, y.SliceRows(first, part.Rows));
            first += part.Rows;
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        ShapeCheck.Indices(rows, x.Rows, allowNone: true, x.ToString());
        x = Wide(x);
        Tensor y = Zeros(rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                Row(x, rows[i]).CopyTo(Row(y, i));
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor Scatter(Tensor x, Tensor values, ReadOnlySpan<int> rows)
    {
        ShapeCheck.Size(values, rows.Length, x.Columns);
        ShapeCheck.Indices(rows, x.Rows, allowNone: false, x.ToString());
        values = Wide(values);
        Tensor y = Each(x, static v => v);
        for (int i = 0; i < rows.Length; i++)
        {
            Row(values, i).CopyTo(Row(y, rows[i]));
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor MeanRows(Tensor x, ReadOnlySpan<int> lengths)
    {
        ShapeCheck.Runs(x, lengths);
        x = Wide(x);
        Tensor y = Zeros(lengths.Length, x.Columns);
        nint row = 0;
        for (int run = 0; run < lengths.Length; run++)
        {
            Span<double> to = Row(y, run);
            for (int i = 0; i < lengths[run]; i++, row++)
            {
                Span<double> from = Row(x, row);
                for (int column = 0; column < to.Length; column++)
                {
                    to[column] += from[column] / lengths[run];
                }
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor ArgMax(Tensor x)
    {
        x = Wide(x);
        Tensor y = New(x.Rows, 1, DType.I32);
        for (nint row = 0; row < x.Rows; row++)
        {
            Span<double> from = Row(x, row);
            int best = 0;
            for (int i = 1; i < from.Length; i++)
            {
                if (from[i] > from[best] || (double.IsNaN(from[best]) && !double.IsNaN(from[i])))
                {
                    best = i;
                }
            }

            y.Integers[row] = best;
        }

        return y;
    }

    void Copy(Tensor from, Tensor to)
    {
        from = Wide(from);
        for (nint row = 0; row < from.Rows; row++)
        {
            Row(from, row).CopyTo(Row(to, row));
        }
    }
}
