using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>Nothing reads past an operand's end, and nothing that lies between rows gets into a result.</summary>
public sealed unsafe class BoundsTests
{
    public static TheoryData<KernelTier> Tiers() => Samples.Tiers();

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Products_stay_within_their_operands(KernelTier tier)
    {
        if (!GuardedMemory.IsAvailable)
        {
            return;
        }

        CpuDevice device = Samples.Device(tier);
        foreach (DType type in Enum.GetValues<DType>())
        {
            int inputs = type.BlockSize() == 1 ? 37 : 2 * type.BlockSize();
            (RawTensor raw, GuardedMemory memory) = GuardedMemory.Copy(Samples.Raw(type, 1, 19, inputs));
            using (memory)
            {
                Weight weight = Samples.Fill(device, raw, WeightRole.Matrix);
                foreach (Numerics numerics in Enum.GetValues<Numerics>())
                {
                    foreach (int rows in new[] { 1, 2, 5, 13 })
                    {
                        using Compute c = device.NewCompute(numerics);
                        using var operand = new GuardedMemory(4 * ((rows - 1) * (inputs + 3) + inputs));
                        var x = new Tensor(operand.Pointer, rows, inputs, inputs + 3, DType.F32);
                        Fill(x);
                        float[] y = c.Read(c.MatMul(x, weight));
                        y.ShouldBeSameBits(c.Read(c.MatMul(c.FromHost(c.Read(x), rows, inputs), weight)), $"{type} {numerics} {rows} rows");
                        y.ShouldAllBe(v => float.IsFinite(v));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Convolutions_stay_within_their_operands(KernelTier tier)
    {
        if (!GuardedMemory.IsAvailable)
        {
            return;
        }

        CpuDevice device = Samples.Device(tier);
        var grid = new Grid((1, 5, 6), (1, 2, 3));
        foreach ((int channels, int inputs, int outputs) in new[] { (3, 3, 33), (7, 1, 7), (70, 1, 70), (1, 1, 9), (18, 18, 5) })
        {
            (RawTensor raw, GuardedMemory memory) = GuardedMemory.Copy(Samples.Raw(DType.F32, 1, outputs, inputs, 3, 3));
            using (memory)
            {
                using Compute c = device.NewCompute(Numerics.Exact);
                Weight weight = Samples.Fill(device, raw, WeightRole.Convolution);
                using var operand = new GuardedMemory(4 * ((grid.Rows - 1) * (channels + 5) + channels));
                var x = new Tensor(operand.Pointer, grid.Rows, channels, channels + 5, DType.F32);
                Fill(x);
                var window = new Window(3, 3, 1, Padding.Same);
                float[] y = c.Read(c.Convolve(new FeatureMaps(x, grid), weight, window).Rows);
                y.ShouldAllBe(v => float.IsFinite(v));
                y.ShouldBeSameBits(c.Read(c.Convolve(new FeatureMaps(c.FromHost(c.Read(x), grid.Rows, channels), grid), weight, window).Rows), $"{channels} → {outputs}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_steady_product_allocates_nothing_on_the_managed_heap(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        Weight stack = Weight.Stack(
            Samples.Fill(device, Samples.Raw(DType.Q4_K, 1, 40, 256), WeightRole.Matrix),
            Samples.Fill(device, Samples.Raw(DType.Q8_0, 2, 40, 256), WeightRole.Matrix),
            Samples.Fill(device, Samples.Raw(DType.BF16, 3, 40, 256), WeightRole.Matrix));
        Weight table = Samples.Fill(device, Samples.Raw(DType.Q6_K, 4, 50, 256), WeightRole.TableAndMatrix);
        Weight dense = Samples.Fill(device, Samples.Raw(DType.F32, 5, 16, 256, 3, 3), WeightRole.Convolution), depthwise = Samples.Fill(device, Samples.Raw(DType.F32, 5, 256, 1, 3, 3), WeightRole.Convolution);
        Weight bias = Samples.Vector(device, 6, 120);
        var grid = new Grid((1, 4, 4));
        var window = new Window(3, 3, 1, Padding.Same);
        using Compute c = device.NewCompute(Numerics.Fast);
        float[] host = Samples.Numbers(1, 16 * 256);
        int[] ids = [3, 4, 49];

        void Step()
        {
            c.Reset();
            Tensor x = c.FromHost(host, 16, 256);
            c.Linear(x, stack, new Epilogue { Bias = bias, Activation = Activation.Silu });
            c.Linear(x.SliceRows(0, 1), stack);
            c.MatMul(x, x, transposed: true);
            c.Embed(table, ids);
        }

        void Convolutions()
        {
            c.Reset();
            var maps = new FeatureMaps(c.FromHost(host, 16, 256), grid);
            c.Convolve(maps, dense, window);
            c.Convolve(maps, depthwise, window);
        }

        SteadyAllocation.Of(Step, 50).ShouldBe(0);

        // Only the new grid.
        SteadyAllocation.Of(Convolutions, 50).ShouldBeLessThan(50 * 2 * 200);
    }

    /// <summary>Numbers in the rows, NaN between them.</summary>
    static void Fill(Tensor x)
    {
        var random = new Random(1);
        for (nint row = 0; row < x.Rows; row++)
        {
            for (nint i = 0; i < (row == x.Rows - 1 ? x.Columns : x.Stride); i++)
            {
                x.FloatRow(row)[i] = i < x.Columns ? random.NextSingle() - 0.5f : float.NaN;
            }
        }
    }
}
