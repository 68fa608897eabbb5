namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Softmax(Tensor x)
    {
        Tensor y = New(x.Rows, x.Columns);
        EachRow(x.Rows, 4 * x.Columns, new MapJob { X = x, Y = y, Kernel = Kernels.Softmax });
        return y;
    }

    /// <inheritdoc/>
    public override Tensor SoftmaxWithin(Tensor x, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        ShapeCheck.Length(starts.Length, x.Rows);
        ShapeCheck.Length(ends.Length, x.Rows);
        Tensor y = New(x.Rows, x.Columns);
        fixed (int* from = starts, to = ends)
        {
            EachRow(x.Rows, 4 * x.Columns, new WithinJob { X = x, Y = y, Starts = from, Ends = to, Kernel = Kernels.Softmax });
        }

        return y;
    }

    /// <inheritdoc/>
    public override Tensor RmsNorm(Tensor x, Weight? weight, float epsilon, float offset = 0)
    {
        nint group = x.Columns;
        if (weight is not null)
        {
            ShapeCheck.Channels(x, weight, grouped: true);
            group = (nint)weight.Elements;
        }

        Tensor y = New(x.Rows, x.Columns);
        float* w = weight is null ? null : Vector(weight);
        EachRow(x.Rows, 3 * x.Columns, new RmsNormJob { X = x, Y = y, Weight = w, Group = group, Epsilon = epsilon, Offset = offset, Kernel = Kernels.RmsNorm });
        return y;
    }

    /// <inheritdoc/>
    public override Tensor LayerNorm(Tensor x, Weight? weight, Weight? bias, float epsilon)
    {
        Tensor y = New(x.Rows, x.Columns);
        EachRow(x.Rows, 4 * x.Columns, new LayerNormJob { X = x, Y = y, Weight = Channels(x, weight), Bias = Channels(x, bias), Epsilon = epsilon, Kernel = Kernels.LayerNorm });
        return y;
    }

    /// <inheritdoc/>
    public override Tensor BatchNorm(Tensor x, BatchNormWeights norm)
    {
        float* variance = Channels(x, norm.Variance);
        float* weight = Channels(x, norm.Weight);
        Tensor y = New(x.Rows, x.Columns);
        Scratch.Mark mark = Mark();
        float* scale = (float*)NewBytes(x.Columns * sizeof(float));
        for (nint i = 0; i < x.Columns; i++)
        {
            scale[i] = weight[i] / MathF.Sqrt(variance[i] + norm.Epsilon);
        }

        EachRow(x.Rows, 3 * x.Columns, new BatchNormJob { X = x, Y = y, Mean = Channels(x, norm.Mean), Scale = scale, Bias = Channels(x, norm.Bias), Kernel = Kernels.Normalize });
        Release(mark);
        return y;
    }

    float* Channels(Tensor x, Weight? weight)
    {
        if (weight is null)
        {
            return null;
        }

        ShapeCheck.Channels(x, weight);
        return Vector(weight);
    }

    struct WithinJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public int* Starts;
        public int* Ends;
        public delegate*<float*, float*, nint, void> Kernel;

        public readonly void Row(nint row)
        {
            int columns = (int)Y.Columns;
            int start = Math.Clamp(Starts[row], 0, columns);
            int end = Math.Clamp(Ends[row], start, columns);
            float* to = Y.FloatRow(row);
            new Span<float>(to, start).Clear();
            new Span<float>(to + end, columns - end).Clear();
            Kernel(X.FloatRow(row) + start, to + start, end - start);
        }
    }

    struct RmsNormJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float* Weight;
        public nint Group;
        public float Epsilon;
        public float Offset;
        public delegate*<float*, float*, float*, nint, float, float, void> Kernel;

        public readonly void Row(nint row)
        {
            for (nint first = 0; first < X.Columns; first += Group)
            {
                Kernel(X.FloatRow(row) + first, Weight, Y.FloatRow(row) + first, Group, Epsilon, Offset);
            }
        }
    }

    struct LayerNormJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float* Weight;
        public float* Bias;
        public float Epsilon;
        public delegate*<float*, float*, float*, float*, nint, float, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), Weight, Bias, Y.FloatRow(row), X.Columns, Epsilon);
    }

    struct BatchNormJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float* Mean;
        public float* Scale;
        public float* Bias;
        public delegate*<float*, float*, float*, float*, float*, nint, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), Mean, Scale, Bias, Y.FloatRow(row), X.Columns);
    }
}
