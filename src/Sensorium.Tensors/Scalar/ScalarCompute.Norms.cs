namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override Tensor Softmax(Tensor x)
    {
        x = Wide(x);
        Tensor y = New(x.Rows, x.Columns);
        for (nint row = 0; row < x.Rows; row++)
        {
            SoftmaxRow(Row(x, row), Row(y, row));
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        ShapeCheck.Length(starts.Length, x.Rows);
        ShapeCheck.Length(ends.Length, x.Rows);
        x = Wide(x);
        Tensor y = Zeros(x.Rows, x.Columns);
        for (int row = 0; row < x.Rows; row++)
        {
            int start = Math.Clamp(starts[row], 0, (int)x.Columns);
            int end = Math.Clamp(ends[row], start, (int)x.Columns);
            SoftmaxRow(Row(x, row)[start..end], Row(y, row)[start..end]);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0)
    {
        ReadOnlySpan<double> w = weight is null ? default : Values(weight);
        if (weight is not null)
        {
            ShapeCheck.Channels(x, weight, grouped: true);
        }

        x = Wide(x);
        Tensor y = New(x.Rows, x.Columns);
        int group = weight is null ? (int)x.Columns : w.Length;
        for (nint row = 0; row < x.Rows; row++)
        {
            for (int first = 0; first < x.Columns; first += group)
            {
                Span<double> from = Row(x, row).Slice(first, group);
                Span<double> to = Row(y, row).Slice(first, group);
                double factor = 1 / Math.Sqrt(Dot(from, from) / group + epsilon);
                for (int i = 0; i < group; i++)
                {
                    to[i] = from[i] * factor * (weight is null ? 1 : w[i] + offset);
                }
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon)
    {
        ReadOnlySpan<double> w = Channels(x, weight);
        ReadOnlySpan<double> b = Channels(x, bias);
        x = Wide(x);
        Tensor y = New(x.Rows, x.Columns);
        for (nint row = 0; row < x.Rows; row++)
        {
            Span<double> from = Row(x, row);
            Span<double> to = Row(y, row);
            double mean = 0;
            foreach (double value in from)
            {
                mean += value / from.Length;
            }

            double variance = 0;
            foreach (double value in from)
            {
                variance += (value - mean) * (value - mean) / from.Length;
            }

            double factor = 1 / Math.Sqrt(variance + epsilon);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (from[i] - mean) * factor * (weight is null ? 1 : w[i]) + (bias is null ? 0 : b[i]);
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor BatchNorm(Tensor x, BatchNormWeights norm)
    {
        ReadOnlySpan<double> mean = Channels(x, norm.Mean);
        ReadOnlySpan<double> variance = Channels(x, norm.Variance);
        ReadOnlySpan<double> weight = Channels(x, norm.Weight);
        ReadOnlySpan<double> bias = Channels(x, norm.Bias);
        x = Wide(x);
        Tensor y = New(x.Rows, x.Columns);
        for (nint row = 0; row < x.Rows; row++)
        {
            Span<double> from = Row(x, row);
            Span<double> to = Row(y, row);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (from[i] - mean[i]) / Math.Sqrt(variance[i] + norm.Epsilon) * weight[i] + bias[i];
            }
        }

        return y;
    }

    static ReadOnlySpan<double> Channels(Tensor x, Weight? weight)
    {
        if (weight is null)
        {
            return default;
        }

        ShapeCheck.Channels(x, weight);
        return Values(weight);
    }

    static void SoftmaxRow(ReadOnlySpan<double> from, Span<double> to)
    {
        double largest = double.NegativeInfinity;
        foreach (double value in from)
        {
            largest = Math.Max(largest, value);
        }

        double sum = 0;
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = Math.Exp(from[i] - largest);
            sum += to[i];
        }

        for (int i = 0; i < from.Length; i++)
        {
            to[i] /= sum;
        }
    }
}
