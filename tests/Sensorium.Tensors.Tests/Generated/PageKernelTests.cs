using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Generated;

public sealed unsafe class PageKernelTests
{
    [Theory]
    [InlineData((int)Instructions.Avx2)]
    [InlineData((int)Instructions.Avx512)]
    public void Every_kernel_gives_what_the_loop_gives_and_touches_nothing_else(int set)
    {
        foreach (PageKernel program in PageCode.Programs((Instructions)set).Cast<PageKernel>())
        {
            foreach (int steps in new[] { 1, 2, 40 })
            {
                Run(program, steps, add: steps == 2);
            }
        }
    }

    [Theory]
    [InlineData((int)Instructions.Avx2)]
    [InlineData((int)Instructions.Avx512)]
    public void Kernels_together_give_what_the_loop_gives(int set)
    {
        IReadOnlyList<KernelProgram> programs = PageCode.Programs((Instructions)set);
        foreach (bool windows in new[] { false, true })
        {
            new PageCode(programs, [.. programs.Select(p => new InterpretedKernel(p, windows))]).Agrees().ShouldBeTrue();
        }

        new PageCode(programs, [.. programs.Select(_ => new IdleKernel())]).Agrees().ShouldBeFalse();
    }

    [Fact]
    public void There_are_some_where_the_processor_can_run_them()
    {
        using var kernels = new GeneratedKernels(InstructionSets.Here);
        (kernels.Page() != null).ShouldBe(InstructionSets.Here != Instructions.None);
    }

    static void Run(PageKernel program, int steps, bool add)
    {
        // Rows of all three lie further apart than they are long, and end where the last number does.
        bool windows = program.Rows % 2 == 0;
        int rows = program.Rows, columns = program.Columns, aStride = steps + 3, bStride = columns + 8, cStride = columns + 5;
        using var a = new NativeBuffer(((rows - 1) * aStride + steps) * sizeof(float));
        using var b = new NativeBuffer(((steps - 1) * bStride + columns) * sizeof(ushort));
        using var c = new NativeBuffer(((rows - 1) * cStride + columns) * sizeof(float));
        using var expected = new NativeBuffer(c.Bytes);
        var random = new Random(steps);
        for (int i = 0; i < a.Bytes / sizeof(float); i++)
        {
            ((float*)a.Pointer)[i] = random.NextSingle() - 0.5f;
        }

        for (int i = 0; i < b.Bytes / sizeof(ushort); i++)
        {
            ((ushort*)b.Pointer)[i] = HalfFloats.ToF16(random.NextSingle() - 0.5f);
        }

        for (int i = 0; i < c.Bytes / sizeof(float); i++)
        {
            ((float*)c.Pointer)[i] = ((float*)expected.Pointer)[i] = random.NextSingle();
        }

        var arguments = new PageArguments
        {
            A = (float*)a.Pointer,
            AStride = aStride * sizeof(float),
            B = (ushort*)b.Pointer,
            BStride = bStride * sizeof(ushort),
            C = (float*)expected.Pointer,
            CStride = cStride * sizeof(float),
            Steps = steps,
            Add = add ? 1 : 0,
            Next = b.Pointer,
        };
        PageCode.Plain(rows, columns, arguments);
        arguments.C = (float*)c.Pointer;
        using var machine = new KernelMachine(program.Write(windows), windows);
        machine.Allow(&arguments, sizeof(PageArguments), false, "argument");
        machine.Allow(a.Pointer, a.Bytes, false, "a");
        machine.Allow(b.Pointer, b.Bytes, false, "b");
        machine.Allow(c.Pointer, c.Bytes, true, "c");
        machine.Call(&arguments);
        new Span<byte>(c.Pointer, (int)c.Bytes).SequenceEqual(new Span<byte>(expected.Pointer, (int)c.Bytes)).ShouldBeTrue(program.Name);
    }
}
