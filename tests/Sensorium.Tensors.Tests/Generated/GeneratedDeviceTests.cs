using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Tests.Cpu;

namespace Sensorium.Tensors.Tests.Generated;

/// <summary>Products of whole devices: with generated kernels, with managed ones, and with kernels for a processor that is not at hand.</summary>
public sealed class GeneratedDeviceTests
{
    static readonly DType[] Types =
    [
        DType.F32, DType.BF16, DType.F16, DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.IQ4_NL, DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K,
    ];

    static readonly KernelTier Tier = KernelTiers.Best == KernelTier.Portable ? KernelTier.Portable : KernelTier.Avx2;

    public static TheoryData<DType> EachType() => [.. Types];

    [Theory]
    [MemberData(nameof(EachType))]
    public void Generated_kernels_give_what_managed_ones_give(DType type)
    {
        foreach (KernelTier tier in KernelTiers.Available.Where(t => t != KernelTier.Portable))
        {
            using var generated = new CpuDevice(2, tier, generated: true);
            using var managed = new CpuDevice(2, tier, generated: false);
            foreach ((int rows, int inputs, int outputs) in new[] { (1, 256, 33), (2, 512, 16), (5, 768, 50), (7, 256, 97), (13, 512, 40), (19, 1280, 31), (60, 768, 70), (1, 17920, 5), (3, 17920, 17), (241, 256, 20) })
            {
                foreach (Numerics numerics in Enum.GetValues<Numerics>())
                {
                    if (numerics == Numerics.Fast && type == DType.BF16 && generated.Generated.Sets.HasFlag(Instructions.Avx512Bf16))
                    {
                        continue; // bfloat16 by bfloat16 has no managed kernel; a test of its own is below
                    }

                    float[] expected = Product(managed, type, numerics, rows, inputs, outputs);
                    Product(generated, type, numerics, rows, inputs, outputs).ShouldBeSameBits(expected, $"{tier} {numerics} {rows}x{inputs}x{outputs}");
                }
            }

            generated.Generated.Refusals.ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(EachType))]
    public void Kernels_of_another_processor_give_the_same(DType type)
    {
        using var wide = new CpuDevice(1, Tier, _ => new GeneratedKernels(
            Instructions.Avx2 | Instructions.AvxVnni | Instructions.Avx512 | Instructions.Avx512Vnni, programs => [.. programs.Select(p => new InterpretedKernel(p))]));
        using var managed = new CpuDevice(1, Tier, generated: false);
        foreach ((int rows, int inputs, int outputs) in new[] { (1, 256, 33), (5, 256, 16), (8, 512, 50), (20, 768, 33) })
        {
            foreach (Numerics numerics in Enum.GetValues<Numerics>())
            {
                float[] expected = Product(managed, type, numerics, rows, inputs, outputs);
                Product(wide, type, numerics, rows, inputs, outputs).ShouldBeSameBits(expected, $"{numerics} {rows}x{inputs}x{outputs}");
            }
        }

        wide.Generated.Refusals.ShouldBeEmpty();
    }

    [Fact]
    public void Bfloat16_by_bfloat16_rounds_the_rows_and_is_the_same_in_any_company()
    {
        using var device = new CpuDevice(2, Tier, _ => new GeneratedKernels(
            Instructions.Avx2 | Instructions.Avx512 | Instructions.Avx512Vnni | Instructions.Avx512Bf16, programs => [.. programs.Select(p => new InterpretedKernel(p))]));
        const int Inputs = 301, Outputs = 53, Rows = 17;
        RawTensor raw = Samples.Raw(DType.BF16, 1, Outputs, Inputs);
        Weight weight = Samples.Fill(device, raw, WeightRole.Matrix);
        float[] x = Samples.Numbers(2, Rows * Inputs), w = Samples.Exact(raw);
        using Compute fast = device.NewCompute(Numerics.Fast), exact = device.NewCompute(Numerics.Exact);
        float[] y = fast.Read(fast.MatMul(fast.FromHost(x, Rows, Inputs), weight));
        for (int row = 0; row < Rows; row++)
        {
            fast.Read(fast.MatMul(fast.FromHost(x.AsSpan(row * Inputs, Inputs), 1, Inputs), weight)).ShouldBeSameBits(y.AsSpan(row * Outputs, Outputs), $"row {row}");
            for (int output = 0; output < Outputs; output++)
            {
                y[row * Outputs + output].ShouldBe(InPairs(x.AsSpan(row * Inputs, Inputs), w.AsSpan(output * Inputs, Inputs)), $"[{row}, {output}]");
            }
        }

        // Exact numerics do not round the rows.
        using var managed = new CpuDevice(1, Tier, generated: false);
        exact.Read(exact.MatMul(exact.FromHost(x, Rows, Inputs), weight)).ShouldBeSameBits(Product(managed, raw, Numerics.Exact, x, Rows, Inputs));
    }

    [Fact]
    public void A_kernel_that_computes_something_else_is_refused_and_the_managed_ones_go_on()
    {
        using var broken = new CpuDevice(1, Tier, _ => new GeneratedKernels(Instructions.Avx2, programs => [.. programs.Select(_ => new IdleKernel())]));
        using var refused = new CpuDevice(1, Tier, _ => new GeneratedKernels(Instructions.Avx2, _ => throw new PlatformNotSupportedException("not here")));
        using var managed = new CpuDevice(1, Tier, generated: false);
        foreach (DType type in new[] { DType.Q4_0, DType.BF16, DType.F32 })
        {
            float[] expected = Product(managed, type, Numerics.Fast, 9, 256, 20);
            Product(broken, type, Numerics.Fast, 9, 256, 20).ShouldBeSameBits(expected);
            Product(refused, type, Numerics.Fast, 9, 256, 20).ShouldBeSameBits(expected);
        }

        broken.Generated.Refusals.ShouldBe([("bfloat16 by float32", "computed something else than the plain loop"), ("float32", "computed something else than the plain loop"), ("int8 Q4_0", "computed something else than the plain loop")]);
        refused.Generated.Refusals.ShouldBe([("bfloat16 by float32", "not here"), ("float32", "not here"), ("int8 Q4_0", "not here")]);
    }

    [Theory]
    [MemberData(nameof(EachType))]
    public void A_weight_that_outlives_its_device_still_multiplies(DType type)
    {
        var device = new CpuDevice(1, Tier);
        Weight weight = Samples.Fill(device, Samples.Raw(type, 1, 20, 512), WeightRole.Matrix);
        using Compute c = device.NewCompute(Numerics.Fast);
        float[] x = Samples.Numbers(2, 9 * 512);
        float[] before = c.Read(c.MatMul(c.FromHost(x, 9, 512), weight));
        device.Dispose();
        c.Read(c.MatMul(c.FromHost(x, 9, 512), weight)).ShouldBeSameBits(before);
    }

    [Fact]
    public void Code_can_be_executed_and_not_written()
    {
        using var memory = new ExecutableMemory();
        nint code = memory.Add([0xc3]);
        memory.HeldBytes.ShouldBe(Environment.SystemPageSize);
        Should.Throw<PlatformNotSupportedException>(() => memory.Add(new byte[ExecutableMemory.MostBytes])).Message.ShouldContain("do not fit");
        if (OperatingSystem.IsLinux())
        {
            // The system may show neighbouring pages with the same rights as one range.
            string map = File.ReadAllLines("/proc/self/maps").Single(line =>
            {
                long[] range = [.. line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-').Select(end => Convert.ToInt64(end, 16))];
                return code >= range[0] && code < range[1];
            });
            map.ShouldContain(" r-xp ");
        }
    }

    static float[] Product(CpuDevice device, DType type, Numerics numerics, int rows, int inputs, int outputs) =>
        Product(device, Samples.Raw(type, 1, outputs, inputs), numerics, Samples.Numbers(2, rows * inputs), rows, inputs);

    static float[] Product(CpuDevice device, RawTensor raw, Numerics numerics, float[] x, int rows, int inputs)
    {
        using Compute c = device.NewCompute(numerics);
        return c.Read(c.MatMul(c.FromHost(x, rows, inputs), Samples.Fill(device, raw, WeightRole.Matrix)));
    }

    static float InPairs(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        static ushort Brain(float v) => Sensorium.Tensors.Formats.HalfFloats.ToBF16(v);
        float sum = 0;
        for (int k = 0; k < x.Length; k += 2)
        {
            if (k + 1 < x.Length)
            {
                sum = FloatTwin.AddBrains(sum, Brain(x[k + 1]), Brain(w[k + 1]));
            }

            sum = FloatTwin.AddBrains(sum, Brain(x[k]), Brain(w[k]));
        }

        return sum;
    }
}
