using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Tensors.Tests.Cpu;

public sealed class ConvolveTests
{
    public static TheoryData<KernelTier> Tiers() => Samples.Tiers();

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Convolutions_are_the_scalar_ones(KernelTier tier)
    {
        (int Channels, int Outputs, int Groups, Window Window)[] cases =
        [
            (3, 32, 1, new Window(3, 3, 2, Padding.Same)),
            (5, 7, 1, new Window(1, 1)),
            (5, 7, 1, new Window(1, 1, 2)),
            (40, 70, 1, new Window(3, 3, 1, Padding.Symmetric, 1)),
            (17, 33, 1, new Window(2, 5, 3, Padding.Symmetric, 2, 2)),
            (24, 24, 24, new Window(3, 3, 1, Padding.Same)),
            (13, 13, 13, new Window(5, 5, 2, Padding.Same)),
            (3, 3, 3, new Window(3, 3, 1, Padding.Symmetric, 1)),
            (96, 96, 96, new Window(5, 5, 1, Padding.Symmetric, 2)),
            (70, 70, 70, new Window(3, 3, 2, Padding.Symmetric, 1, 2)),
            (4, 12, 4, new Window(3, 3, 1, Padding.Same)),
            (1, 40, 1, new Window(3, 3, 2, Padding.Same)),
            (1, 5, 1, new Window(1, 7, 5)),
            (12, 9, 3, new Window(3, 3, 1, Padding.Same)),
            (3, 48, 1, new Window(4, 4, 4)),
            (3, 20, 1, new Window(2, 5, 3, Padding.Symmetric, 1)),
            (64, 96, 2, new Window(1, 3, 1, Padding.Symmetric, 1)),
        ];
        CpuDevice device = Samples.Device(tier);
        using var scalar = new ScalarDevice();
        foreach ((int channels, int outputs, int groups, Window window) in cases)
        {
            RawTensor raw = Samples.Raw(DType.F32, 1, outputs, channels / groups, window.Height, window.Width);
            var grid = new Grid((1, 7, 9), (2, 12, 5), (1, 1, 1), (1, 19, 23));
            float[] x = Samples.Numbers(2, grid.Rows * channels);
            Grid after = grid.After(window);
            float[] residual = Samples.Numbers(3, after.Rows * outputs);
            float[] On(Device device, bool epilogue)
            {
                using Compute c = device.NewCompute(Numerics.Exact);
                var maps = new FeatureMaps(c.FromHost(x, grid.Rows, channels), grid);
                Weight weight = Samples.Fill(device, raw, WeightRole.Convolution);
                FeatureMaps y = epilogue
                    ? c.Convolve(maps, weight, window, new Epilogue { Bias = Samples.Vector(device, 4, outputs), Activation = Activation.Relu6, Residual = c.FromHost(residual, after.Rows, outputs) })
                    : c.Convolve(maps, weight, window);
                y.Grid.Items.ToArray().ShouldBe(after.Items.ToArray());
                return c.Read(y.Rows);
            }

            foreach (bool epilogue in new[] { false, true })
            {
                float[] fast = On(device, epilogue), expected = On(scalar, epilogue);
                for (int i = 0; i < fast.Length; i++)
                {
                    Math.Abs(fast[i] - expected[i]).ShouldBeLessThan(2e-5f * (1 + Math.Abs(expected[i])), $"{channels} → {outputs}, {groups} groups, {window} [{i}]");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Weights_come_back_in_the_checkpoints_order(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        foreach (DType type in new[] { DType.F32, DType.F16, DType.BF16, DType.F64 })
        {
            foreach (long[] shape in new long[][] { [19, 5, 3, 2], [19, 1, 3, 3], [19, 6, 1, 1], [19, 4, 7] })
            {
                RawTensor raw = Samples.Raw(type, 1, shape);
                Weight weight = Samples.Fill(device, raw, WeightRole.Convolution);
                int row = (int)(raw.Elements / 19);
                var values = new float[17 * row];
                weight.Prepared!.Unpack(1, 17, values);
                values.ShouldBeSameBits(Samples.Exact(raw).AsSpan(row, 17 * row), $"{type} {string.Join('x', shape)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_picture_gives_the_same_bits_in_any_company_and_for_any_number_of_threads(KernelTier tier)
    {
        foreach ((int channels, int outputs, int inputs, Window window) in new[] { (20, 40, 20, new Window(3, 3, 1, Padding.Same)), (33, 33, 1, new Window(3, 3, 2, Padding.Same)), (64, 70, 64, new Window(1, 1)) })
        {
            float[] picture = Samples.Numbers(1, 35 * 31 * channels), other = Samples.Numbers(2, 11 * 6 * channels);
            float[]? first = null;
            foreach (int threads in new[] { 1, 2, 5 })
            {
                CpuDevice device = Samples.Device(tier, threads);
                using Compute c = device.NewCompute(Numerics.Exact);
                Weight weight = Samples.Fill(device, Samples.Raw(DType.F32, 3, outputs, inputs, window.Height, window.Width), WeightRole.Convolution);
                float[] alone = c.Read(c.Convolve(new FeatureMaps(c.FromHost(picture, 35 * 31, channels), new Grid((1, 35, 31))), weight, window).Rows);
                first ??= alone;
                alone.ShouldBeSameBits(first, $"{threads} threads");
                float[] both = c.Read(c.Convolve(new FeatureMaps(c.FromHost([.. other, .. picture], 11 * 6 + 35 * 31, channels), new Grid((1, 11, 6), (1, 35, 31))), weight, window).Rows);
                both.AsSpan(both.Length - first.Length).ToArray().ShouldBeSameBits(first, "in company");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_weight_that_does_not_fit_is_named(KernelTier tier)
    {
        CpuDevice device = Samples.Device(tier);
        using Compute c = device.NewCompute(Numerics.Exact);
        Weight weight = Samples.Fill(device, Samples.Raw(DType.F32, 3, 4, 3, 3, 3), WeightRole.Convolution);
        var maps = new FeatureMaps(c.FromHost(new float[4 * 4], 4, 4), new Grid((1, 2, 2)));
        Should.Throw<ArgumentException>(() => c.Convolve(maps, weight, new Window(3, 3))).Message.ShouldContain("F32 sample");
    }
}
