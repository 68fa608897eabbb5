namespace Sensorium.Tensors.Cpu;

/// <summary>The fast device's context: float32 tensors, kernels of the device's tier, work shared by its team.</summary>
public sealed unsafe partial class CpuCompute : Compute
{
    readonly CpuDevice device;

    /// <param name="device">Whose workers and kernels to use.</param>
    /// <param name="numerics">How exact the arithmetic is.</param>
    public CpuCompute(CpuDevice device, Numerics numerics)
        : base(numerics) => this.device = device;

    WorkerTeam Workers => device.Workers;

    KernelTier Tier => device.Tier;

    /// <inheritdoc/>
    public override Tensor FromHost(ReadOnlySpan<float> values, nint rows, nint columns)
    {
        if (values.Length != rows * columns)
        {
            throw new ArgumentException($"{values.Length} values are not [{rows}, {columns}]", nameof(values));
        }

        Tensor y = New(rows, columns);
        values.CopyTo(new Span<float>(y.Floats, values.Length));
        return y;
    }

    /// <inheritdoc/>
    public override void Read(Tensor x, Span<float> destination)
    {
        if (destination.Length != x.Rows * x.Columns)
        {
            throw new ArgumentException($"{destination.Length} values are not {x}", nameof(destination));
        }

        for (nint row = 0; row < x.Rows; row++)
        {
            new ReadOnlySpan<float>(x.FloatRow(row), (int)x.Columns).CopyTo(destination[(int)(row * x.Columns)..]);
        }
    }

    /// <inheritdoc/>
    public override void ReadIds(Tensor x, Span<int> destination)
    {
        if (destination.Length != x.Rows * x.Columns)
        {
            throw new ArgumentException($"{destination.Length} ids are not {x}", nameof(destination));
        }

        for (nint row = 0; row < x.Rows; row++)
        {
            new ReadOnlySpan<int>(x.Integers + row * x.Stride, (int)x.Columns).CopyTo(destination[(int)(row * x.Columns)..]);
        }
    }
}
