using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Tests.Generated;

/// <summary>Every generated float kernel equals the plain loop to the bit: interpreted, and natively where the processor has the instructions.</summary>
public sealed unsafe class FloatKernelTests
{
    public static TheoryData<int, int> Kernels() => new()
    {
        { (int)Instructions.Avx2, (int)FloatSource.Floats },
        { (int)Instructions.Avx2, (int)FloatSource.Brains },
        { (int)Instructions.Avx2, (int)FloatSource.Halves },
        { (int)Instructions.Avx512, (int)FloatSource.Floats },
        { (int)Instructions.Avx512, (int)FloatSource.Brains },
        { (int)Instructions.Avx512, (int)FloatSource.Halves },
        { (int)Instructions.Avx512Bf16, (int)FloatSource.BrainPairs },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_is_its_loop(int set, int source)
    {
        foreach (FloatKernel program in FloatCode.Programs((Instructions)set, (FloatSource)source).Cast<FloatKernel>())
        {
            foreach (int steps in new[] { 0, 1, 4, 5, 11 })
            {
                Run(program, steps, steps % 2 == 0, steps is 1 or 4 && program.Source is FloatSource.Brains or FloatSource.Halves);
            }
        }
    }

    [Theory]
    [InlineData((int)Instructions.Avx2)]
    [InlineData((int)Instructions.Avx512)]
    public void Every_float16_number_is_widened(int set)
    {
        foreach (bool windows in new[] { false, true })
        {
            new WidenCode(new InterpretedKernel(new WidenKernel((Instructions)set), windows)).Agrees().ShouldBeTrue();
        }

        new WidenCode(new IdleKernel()).Agrees().ShouldBeFalse();
        using var kernels = new GeneratedKernels(InstructionSets.Here);
        kernels.Widen().IsGenerated.ShouldBe(InstructionSets.Here != Instructions.None);
    }

    [Fact]
    public void Rows_are_laid_in_pairs()
    {
        foreach (bool windows in new[] { false, true })
        {
            new PairCode(new InterpretedKernel(new PairKernel(), windows)).Agrees().ShouldBeTrue();
        }

        new PairCode(null).Agrees().ShouldBeTrue();
        new PairCode(new IdleKernel()).Agrees().ShouldBeFalse();
        using var kernels = new GeneratedKernels(InstructionSets.Here);
        kernels.Pair().Agrees().ShouldBeTrue();
    }

    [Fact]
    public void Bfloat16_products_flush_what_is_subnormal_and_round_to_the_nearest_even()
    {
        ushort Brain(float x) => (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16);
        FloatTwin.AddBrains(1, Brain(1), Brain(float.Epsilon * (1 << 16))).ShouldBe(1);
        FloatTwin.AddBrains(float.Epsilon, Brain(1), Brain(0)).ShouldBe(0);
        FloatTwin.AddBrains(0, Brain(1e-20f), Brain(-1e-20f)).ShouldBe(-0f);
        FloatTwin.AddBrains(16777216, Brain(1), Brain(1)).ShouldBe(16777216);
        FloatTwin.AddBrains(16777218, Brain(1), Brain(1)).ShouldBe(16777220);
    }

    static void Run(FloatKernel program, int steps, bool add, bool isOdd)
    {
        bool pairs = program.Source != FloatSource.Floats, pairedRows = program.Source == FloatSource.BrainPairs, windows = program.Rows % 2 == 0;
        int rows = program.Rows, runs = 1 + rows % 3, columns = runs * program.Groups * Panel.Lanes, stride = columns + 5;
        int numbers = (program.Source is FloatSource.Brains or FloatSource.Halves ? 2 : 1) * steps + (isOdd ? 1 : 0);
        var random = new Random(steps);
        using var argument = new NativeBuffer(sizeof(FloatArguments));
        using var a = new NativeBuffer(numbers * rows * sizeof(float));
        int groupBytes = (steps + (isOdd ? 1 : 0)) * 64;
        using var panels = new NativeBuffer(runs * program.Groups * groupBytes);
        using var c = new NativeBuffer(((rows - 1) * stride + columns) * sizeof(float));
        for (int i = 0; i < numbers * rows; i++)
        {
            float x = random.NextSingle() * 4 - 2;
            ((float*)a.Pointer)[i] = pairedRows ? BitConverter.UInt32BitsToSingle(Pair(random, DType.BF16)) : x;
        }

        for (int i = 0; i < panels.Bytes / 4; i++)
        {
            ((uint*)panels.Pointer)[i] = pairs ? Pair(random, program.Source == FloatSource.Halves ? DType.F16 : DType.BF16) : BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f);
        }

        using (var machine = new KernelMachine(program.Write(windows), windows))
        {
            machine.Allow(argument.Pointer, sizeof(FloatArguments), true, "argument");
            machine.Allow(a.Pointer, numbers * rows * sizeof(float), false, "a");
            machine.Allow(panels.Pointer, panels.Bytes, false, "panels");
            machine.Allow(c.Pointer, c.Bytes, true, "c");
            Fill();
            machine.Call(argument.Pointer);
            ShouldBeTheLoop("interpreted");
        }

        if (InstructionSets.Here.HasFlag(program.Set))
        {
            using var executable = new ExecutableMemory();
            Fill();
            new NativeKernel(executable.Add(program.Write())).Call(argument.Pointer);
            ShouldBeTheLoop("on the processor");
        }

        void Fill()
        {
            *(FloatArguments*)argument.Pointer = new FloatArguments
            {
                A = a.Pointer,
                B0 = panels.Pointer,
                B1 = panels.Pointer + groupBytes,
                C = (float*)c.Pointer,
                Stride = stride * sizeof(float),
                Steps = steps,
                Odd = isOdd ? 1 : 0,
                Add = add ? 1 : 0,
                Runs = runs,
                RunGroups = program.Groups * groupBytes,
                RunResults = program.Groups * Panel.Lanes * sizeof(float),
            };
            for (int i = 0; i < c.Bytes / sizeof(float); i++)
            {
                ((float*)c.Pointer)[i] = i % stride < columns && add ? i % 7 * 0.25f : float.NaN;
            }
        }

        void ShouldBeTheLoop(string how)
        {
            for (int i = 0; i < c.Bytes / sizeof(float); i++)
            {
                int row = i / stride, column = i % stride;
                float value = ((float*)c.Pointer)[i];
                if (column >= columns)
                {
                    float.IsNaN(value).ShouldBeTrue("written beside the tile");
                    continue;
                }

                void* from = (float*)a.Pointer + row;
                byte* b = panels.Pointer + column / Panel.Lanes * groupBytes;
                float wanted = FloatTwin.Multiply(program.Source, steps, isOdd, from, rows, b, column % Panel.Lanes, add ? i % 7 * 0.25f : 0);
                BitConverter.SingleToInt32Bits(value).ShouldBe(BitConverter.SingleToInt32Bits(wanted), $"{program.Name} {how}, {steps} steps, row {row}, column {column}: {value:r}, not {wanted:r}");
            }
        }
    }

    static uint Pair(Random random, DType type)
    {
        uint Number()
        {
            float x = random.Next(20) == 0 ? 1e-39f : random.NextSingle() * 2 - 1;
            return type == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)x) : BitConverter.SingleToUInt32Bits(x) >> 16;
        }

        return Number() << 16 | Number();
    }
}
