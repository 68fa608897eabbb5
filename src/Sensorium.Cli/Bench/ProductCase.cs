using System.Diagnostics;
using System.Globalization;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Cli.Bench;

/// <summary>A product of some rows with a weight of some type.</summary>
sealed class ProductCase(int rows, int inputs, int outputs, DType type) : IDisposable
{
    Compute compute = null!;
    Weight weight = null!;
    float[] values = [];

    /// <summary>The products by which kernels are judged: a square one and a vision transformer's.</summary>
    public static IEnumerable<ProductCase> All =>
        from type in new[] { DType.F32, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q4_K, DType.Q5_K, DType.Q6_K }
        from size in new[] { (Rows: 512, Inputs: 2048, Outputs: 2048), (Rows: 577, Inputs: 1024, Outputs: 4096) }
        select new ProductCase(size.Rows, size.Inputs, size.Outputs, type);

    /// <summary>product 512x2048x2048 Q4_0</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"product {rows}x{inputs}x{outputs} {type}");

    /// <summary>A multiply-add is two.</summary>
    public double Operations => 2.0 * rows * inputs * outputs;

    /// <summary>What it is computed in.</summary>
    public Arithmetic Arithmetic => weight.Prepared!.ArithmeticOf(compute.Numerics);

    /// <summary>Makes the weight and tries once, untimed.</summary>
    public void Prepare(CpuDevice device, Numerics numerics)
    {
        var random = new Random(1);
        values = new float[rows * inputs];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        Checkpoint at = Checkpoint.Synthetic(type);
        weight = at.Weight("weight", WeightRole.Matrix, outputs, inputs);
        at.Load(device);
        compute = device.NewCompute(numerics);
        Seconds();
    }

    /// <summary>How long it takes.</summary>
    public double Seconds()
    {
        compute.Reset();
        Tensor x = compute.FromHost(values, rows, inputs);
        long start = Stopwatch.GetTimestamp();
        compute.MatMul(x, weight);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose() => compute.Dispose();
}
