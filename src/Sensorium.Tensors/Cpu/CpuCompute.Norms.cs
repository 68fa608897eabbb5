namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Softmax(Tensor x)
    {
        Tensor y = New(x.Rows, x.Columns);
        for (nint r = 0; r < x.Rows; r++)
        {
            SoftmaxRow(x.FloatRow(r), y.FloatRow(r), x.Columns, 0, x.Columns);
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        Tensor y = New(x.Rows, x.Columns);
        for (nint r = 0; r < x.Rows; r++)
        {
            SoftmaxRow(x.FloatRow(r), y.FloatRow(r), x.Columns, starts[(int)r], ends[(int)r]);
        }

        return y;
    }

    static void SoftmaxRow(float* x, float* y, nint columns, nint start, nint end)
    {
        new Span<float>(y, (int)columns).Clear();
        start = Math.Max(start, 0);
        end = Math.Min(end, columns);
        float max = float.NegativeInfinity;
        for (nint i = start; i < end; i++)
        {
            max = MathF.Max(max, x[i]);
        }

        float sum = 0;
        for (nint i = start; i < end; i++)
        {
            y[i] = MathF.Exp(x[i] - max);
            sum += y[i];
        }

        for (nint i = start; i < end; i++)
        {
            y[i] /= sum;
        }
    }

    /// <inheritdoc/>
    public override Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0)
    {
        Tensor y = New(x.Rows, x.Columns);
        float* w = weight is null ? null : Vector(weight);
        nint group = weight is null ? x.Columns : (nint)weight.Elements;
        for (nint r = 0; r < x.Rows; r++)
        {
            for (nint first = 0; first < x.Columns; first += group)
            {
                float* p = x.FloatRow(r) + first, o = y.FloatRow(r) + first;
                float sum = 0;
                for (nint i = 0; i < group; i++)
                {
                    sum += p[i] * p[i];
                }

                float scale = 1 / MathF.Sqrt(sum / group + epsilon);
                for (nint i = 0; i < group; i++)
                {
                    o[i] = p[i] * scale * (w == null ? 1 : w[i] + offset);
                }
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon)
    {
        Tensor y = New(x.Rows, x.Columns);
        float* w = weight is null ? null : Vector(weight), b = bias is null ? null : Vector(bias);
        for (nint r = 0; r < x.Rows; r++)
        {
            float* p = x.FloatRow(r), o = y.FloatRow(r);
            double mean = 0, variance = 0;
            for (nint i = 0; i < x.Columns; i++)
            {
                mean += p[i];
            }

            mean /= x.Columns;
            for (nint i = 0; i < x.Columns; i++)
            {
                variance += (p[i] - mean) * (p[i] - mean);
            }

            float scale = (float)(1 / Math.Sqrt(variance / x.Columns + epsilon));
            for (nint i = 0; i < x.Columns; i++)
            {
                o[i] = (float)(p[i] - mean) * scale * (w == null ? 1 : w[i]) + (b == null ? 0 : b[i]);
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor BatchNorm(Tensor x, BatchNormWeights norm)
    {
        Tensor y = New(x.Rows, x.Columns);
        float* mean = Vector(norm.Mean), variance = Vector(norm.Variance), w = Vector(norm.Weight), b = Vector(norm.Bias);
        for (nint r = 0; r < x.Rows; r++)
        {
            float* p = x.FloatRow(r), o = y.FloatRow(r);
            for (nint i = 0; i < x.Columns; i++)
            {
                o[i] = (p[i] - mean[i]) / MathF.Sqrt(variance[i] + norm.Epsilon) * w[i] + b[i];
            }
        }

        return y;
    }
}
