using Sensorium.Tensors.Scalar;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Small helpers for cases that are worked out by hand, on any device.</summary>
sealed class Worked(Device device) : IDisposable
{
    public Worked()
        : this(new ScalarDevice())
    {
    }

    public Device Device { get; } = device;

    public Compute C { get; } = device.NewCompute(Numerics.Exact);

    public Tensor Rows(int rows, params float[] values) => C.FromHost(values, rows, rows == 0 ? 0 : values.Length / rows);

    public Weight Vector(params float[] values) => Filled("vector", WeightRole.Vector, [values.Length], values);

    public Weight Matrix(int outputs, params float[] values) => Filled("matrix", WeightRole.Matrix, [outputs, values.Length / outputs], values);

    public Weight Filled(string name, WeightRole role, long[] shape, float[] values)
    {
        var weight = new Weight(name, role, shape);
        weight.Fill(Device, RawTensor.FromFloats(name, shape, values));
        return weight;
    }

    public float[] Read(Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        C.Read(x, values);
        return values;
    }

    public int[] ReadIds(Tensor x)
    {
        var values = new int[x.Rows * x.Columns];
        C.ReadIds(x, values);
        return values;
    }

    public void Is(Tensor x, nint rows, params float[] expected)
    {
        x.Rows.ShouldBe(rows);
        float[] values = Read(x);
        values.Length.ShouldBe(expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            values[i].ShouldBe(expected[i], 1e-6f * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    public void Dispose()
    {
        C.Dispose();
        Device.Dispose();
    }
}
