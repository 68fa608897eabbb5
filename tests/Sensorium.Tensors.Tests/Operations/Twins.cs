using System.Collections.Concurrent;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Runs an operation on the processor, with one tier, and on the scalar device, and compares.</summary>
static class Twins
{
    public const float Epsilon = 1.1920929e-7f;

    static readonly ConcurrentDictionary<(KernelTier Tier, int Threads), CpuDevice> Devices = new();

    /// <summary>How far an element may be off.</summary>
    /// <param name="expected">The reference's row.</param>
    /// <param name="column">Which element.</param>
    public delegate float Tolerance(ReadOnlySpan<float> expected, int column);

    /// <summary>So many units in the last place of the element itself.</summary>
    public static Tolerance Ulps(float count) => (row, i) => count * Epsilon * Math.Abs(row[i]) + 1e-37f;

    /// <summary>So many units in the last place of the row's largest element.</summary>
    public static Tolerance OfRow(float count) => (row, _) =>
    {
        float largest = 1e-30f;
        foreach (float value in row)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return count * Epsilon * largest;
    };

    /// <summary>The reference.</summary>
    public static Device Scalar { get; } = new ScalarDevice();

    /// <summary>The processor; devices are made once, since each has threads.</summary>
    public static CpuDevice Cpu(KernelTier tier, int threads = 2) => Devices.GetOrAdd((tier, threads), key => new CpuDevice(key.Threads, key.Tier));

    public static TheoryData<KernelTier> Tiers()
    {
        var data = new TheoryData<KernelTier>();
        foreach (KernelTier tier in KernelTiers.Available)
        {
            data.Add(tier);
        }

        return data;
    }

    public static void Compare(KernelTier tier, Func<Guarded, Tensor> operation, Tolerance tolerance, int threads = 2)
    {
        using var scalar = new Guarded(Scalar);
        using var cpu = new Guarded(Cpu(tier, threads));
        Tensor expected = operation(scalar);
        Tensor actual = operation(cpu);
        actual.Rows.ShouldBe(expected.Rows);
        actual.Columns.ShouldBe(expected.Columns);
        float[] e = scalar.Read(expected);
        float[] a = cpu.Read(actual);
        int columns = (int)expected.Columns;
        for (int i = 0; i < e.Length; i++)
        {
            ReadOnlySpan<float> row = e.AsSpan(i / columns * columns, columns);
            float allowed = tolerance(row, i % columns);
            bool close = e[i].Equals(a[i]) || Math.Abs(e[i] - a[i]) <= allowed;
            if (!close)
            {
                Assert.Fail($"[{i / columns}, {i % columns}] of {actual}: {a[i]:R}, expected {e[i]:R} within {allowed:R}");
            }
        }

        cpu.InputsShouldBeUntouched();
        scalar.InputsShouldBeUntouched();
    }
}

/// <summary>A device with operands that have NaN on all sides, so that an operation which looks beside them is found out.</summary>
sealed class Guarded(Device device) : IDisposable
{
    readonly List<(Tensor Whole, float[] Values)> inputs = [];

    public Device Device { get; } = device;

    public Compute C { get; } = device.NewCompute(Numerics.Exact);

    /// <summary>Numbers from a seed, of a magnitude, as a view within NaN.</summary>
    public Tensor Random(int seed, int rows, int columns, float magnitude = 1)
    {
        var random = new Random(seed);
        return Of(rows, columns, (_, _) => (random.NextSingle() * 2 - 1) * magnitude);
    }

    public Tensor Of(int rows, int columns, Func<int, int, float> at)
    {
        int width = columns + 8;
        var values = new float[(rows + 2) * width];
        Array.Fill(values, float.NaN);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                values[(row + 1) * width + 3 + column] = at(row, column);
            }
        }

        Tensor whole = C.FromHost(values, rows + 2, width);
        inputs.Add((whole, values));
        return whole.SliceRows(1, rows).Slice(3, columns);
    }

    public Weight Weight(int seed, WeightRole role, params long[] shape)
    {
        var weight = new Weight($"w{seed}", role, shape);
        var random = new Random(seed);
        var values = new float[weight.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() + 0.25f;
        }

        weight.Fill(Device, RawTensor.FromFloats(weight.Name, shape, values));
        return weight;
    }

    public float[] Read(Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        if (x.Type == DType.I32)
        {
            var ids = new int[values.Length];
            C.ReadIds(x, ids);
            return [.. ids.Select(i => (float)i)];
        }

        C.Read(x, values);
        return values;
    }

    public void InputsShouldBeUntouched()
    {
        foreach ((Tensor whole, float[] values) in inputs)
        {
            Read(whole).AsSpan().SequenceEqual(values).ShouldBeTrue("an operation changed its input");
        }
    }

    public void Dispose() => C.Dispose();
}
