namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override Tensor MatMul(Tensor x, Weight weight)
    {
        ShapeCheck.Product(x, weight);
        x = Wide(x);
        Tensor y = New(x.Rows, weight.Outputs);
        int column = 0;
        foreach (Weight part in PartsOf(weight))
        {
            ScalarWeight matrix = Prepared(part);
            for (nint output = 0; output < part.Outputs; output++, column++)
            {
                ReadOnlySpan<double> w = matrix.Row(output);
                for (nint row = 0; row < x.Rows; row++)
                {
                    Row(y, row)[column] = Dot(Row(x, row), w);
                }
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor a, Tensor b, bool transposed = false)
    {
        ShapeCheck.Product(a, b, transposed);
        a = Wide(a);
        b = Wide(b);
        return transposed ? TimesTransposed(a, b) : Times(a, b);
    }

    Tensor TimesTransposed(Tensor a, Tensor b)
    {
        Tensor y = New(a.Rows, b.Rows);
        for (nint row = 0; row < a.Rows; row++)
        {
            Span<double> to = Row(y, row);
            for (int column = 0; column < to.Length; column++)
            {
                to[column] = Dot(Row(a, row), Row(b, column));
            }
        }

        return y;
    }

    Tensor Times(Tensor a, Tensor b)
    {
        Tensor y = Zeros(a.Rows, b.Columns);
        for (nint row = 0; row < a.Rows; row++)
        {
            Span<double> from = Row(a, row);
            Span<double> to = Row(y, row);
            for (int k = 0; k < from.Length; k++)
            {
                double factor = from[k];
                if (factor == 0)
                {
                    // What a row does not see must not touch it, not even where it is no number.
                    continue;
                }

                Span<double> other = Row(b, k);
                for (int column = 0; column < to.Length; column++)
                {
                    to[column] += factor * other[column];
                }
            }
        }

        return y;
    }

    static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
