namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Add(Tensor a, Tensor b) => Pairs(a, b, Kernels.Add);

    /// <inheritdoc/>
    public override Tensor Subtract(Tensor a, Tensor b) => Pairs(a, b, Kernels.Subtract);

    /// <inheritdoc/>
    public override Tensor Multiply(Tensor a, Tensor b) => Pairs(a, b, Kernels.Multiply);

    /// <inheritdoc/>
    public override Tensor Divide(Tensor a, Tensor b) => Pairs(a, b, Kernels.Divide);

    /// <inheritdoc/>
    public override Tensor Affine(Tensor x, float factor, float offset = 0)
    {
        Tensor y = New(x.Rows, x.Columns);
        EachRow(x.Rows, 2 * x.Columns, new AffineJob { X = x, Y = y, Factor = factor, Offset = offset, Kernel = Kernels.Affine });
        return y;
    }

    /// <inheritdoc/>
    public override Tensor Activate(Tensor x, Activation activation)
    {
        Tensor y = New(x.Rows, x.Columns);
        EachRow(x.Rows, 4 * x.Columns, new MapJob { X = x, Y = y, Kernel = Activations.Of(Tier, activation) });
        return y;
    }

    /// <inheritdoc/>
    public override Tensor Gate(Tensor gateUp, Activation activation)
    {
        nint half = gateUp.Columns / 2;
        if (gateUp.Columns % 2 != 0)
        {
            throw new ArgumentException($"{gateUp} is not gate and up side by side");
        }

        Tensor y = New(gateUp.Rows, half);
        EachRow(y.Rows, 6 * half, new GateJob { X = gateUp, Y = y, Kernel = Activations.Gated(Tier, activation) });
        return y;
    }

    Tensor Pairs(Tensor a, Tensor b, delegate*<float*, float*, float*, nint, void> kernel)
    {
        ShapeCheck.Broadcast(a, b);
        Tensor y = New(a.Rows, a.Columns);
        EachRow(a.Rows, 3 * a.Columns, new PairsJob { A = a, B = b, Y = y, Kernel = kernel });
        return y;
    }

    struct PairsJob : IRowJob
    {
        public Tensor A;
        public Tensor B;
        public Tensor Y;
        public delegate*<float*, float*, float*, nint, void> Kernel;

        public readonly void Row(nint row) => Kernel(A.FloatRow(row), B.FloatRow(B.Rows == 1 ? 0 : row), Y.FloatRow(row), Y.Columns);
    }

    struct AffineJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float Factor;
        public float Offset;
        public delegate*<float*, float*, nint, float, float, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), Y.FloatRow(row), Y.Columns, Factor, Offset);
    }

    struct MapJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public delegate*<float*, float*, nint, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), Y.FloatRow(row), Y.Columns);
    }

    struct GateJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public delegate*<float*, float*, float*, nint, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), X.FloatRow(row) + Y.Columns, Y.FloatRow(row), Y.Columns);
    }
}
