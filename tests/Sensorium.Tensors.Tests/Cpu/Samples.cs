using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>Devices of every tier, and weights with seeded numbers.</summary>
static unsafe class Samples
{
    static readonly Dictionary<(KernelTier, int), CpuDevice> Devices = [];

    public static CpuDevice Device(KernelTier tier, int threads = 2)
    {
        lock (Devices)
        {
            if (!Devices.TryGetValue((tier, threads), out CpuDevice? device))
            {
                Devices[(tier, threads)] = device = new CpuDevice(threads, tier);
            }

            return device;
        }
    }

    public static float[] Numbers(int seed, long count, double scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * scale);
        }

        return values;
    }

    /// <summary>A tensor of any type: quantised where that can be, else random blocks with finite scales.</summary>
    public static RawTensor Raw(DType type, int seed, params long[] shape)
    {
        RawTensor raw = RawTensor.Allocate($"{type} sample", type, shape);
        if (BlockFormats.CanQuantize(type))
        {
            float[] values = Numbers(seed, raw.Elements);
            fixed (float* p = values)
            {
                BlockFormats.Quantize(type, p, raw.Data, raw.Elements);
            }

            return raw;
        }

        var random = new Random(seed);
        for (long i = 0; i < raw.ByteLength; i++)
        {
            raw.Data[i] = (byte)random.Next(0, 60);
        }

        return raw;
    }

    public static Weight Fill(Device device, RawTensor raw, WeightRole role)
    {
        var weight = new Weight(raw.Name, role, raw.Shape.ToArray());
        weight.Fill(device, raw);
        return weight;
    }

    public static Weight Vector(Device device, int seed, int count, double scale = 1, double offset = 0)
    {
        float[] values = Numbers(seed, count, scale);
        for (int i = 0; i < count; i++)
        {
            values[i] += (float)offset;
        }

        return Fill(device, RawTensor.FromFloats("vector", [count], values), WeightRole.Vector);
    }

    public static float[] Read(this Compute c, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        c.Read(x, values);
        return values;
    }

    /// <summary>The weight's numbers as dequantising gives them.</summary>
    public static float[] Exact(RawTensor raw) => BlockFormats.ToFloats(raw);

    public static TheoryData<KernelTier> Tiers() => [.. KernelTiers.Available];

    public static TheoryData<KernelTier, DType> TiersAndTypes()
    {
        var data = new TheoryData<KernelTier, DType>();
        foreach (KernelTier tier in KernelTiers.Available)
        {
            foreach (DType type in Enum.GetValues<DType>())
            {
                data.Add(tier, type);
            }
        }

        return data;
    }

    /// <summary>Equal to the bit.</summary>
    public static void ShouldBeSameBits(this float[] actual, ReadOnlySpan<float> expected, string what = "")
    {
        actual.Length.ShouldBe(expected.Length, what);
        for (int i = 0; i < actual.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(actual[i]) != BitConverter.SingleToInt32Bits(expected[i]))
            {
                Assert.Fail($"{what} [{i}]: {actual[i]:r} is not {expected[i]:r}");
            }
        }
    }
}
