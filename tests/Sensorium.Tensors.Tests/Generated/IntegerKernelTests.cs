using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;
using Sensorium.Tensors.Tests.Cpu;

namespace Sensorium.Tensors.Tests.Generated;

/// <summary>Every generated int8 kernel equals the plain loop to the bit: interpreted, and natively where the processor has the instructions.</summary>
public sealed unsafe class IntegerKernelTests
{
    static readonly DType[] Types = [DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.IQ4_NL, DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K];

    public static TheoryData<int, DType> Kernels()
    {
        var data = new TheoryData<int, DType>();
        foreach (Instructions set in new[] { Instructions.Avx2, Instructions.AvxVnni, Instructions.Avx512Vnni })
        {
            foreach (DType type in Types)
            {
                data.Add((int)set, type);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_is_its_loop(int set, DType type)
    {
        QuantLayout layout = QuantLayout.Of(type)!;
        foreach (IntegerKernel program in IntegerCode.Programs((Instructions)set, layout).Cast<IntegerKernel>())
        {
            bool super = layout.SuperBytes > 0;
            foreach (int blocks in super ? [8, 16] : new[] { 1, 11 })
            {
                bool add = blocks > 1 == (program.Rows % 2 == 0), windows = program.Rows % 3 == 0;
                using var memory = new Case(layout, (Instructions)set, program, blocks, add);
                byte[] code = program.Write(windows);
                using (var machine = new KernelMachine(code, windows))
                {
                    memory.AllowAll(machine);
                    memory.Run(argument => machine.Call(argument));
                }

                memory.ShouldBeTheLoops($"{program.Name}, {blocks} blocks");
                if (InstructionSets.Here.HasFlag((Instructions)set))
                {
                    using var executable = new ExecutableMemory();
                    var native = new NativeKernel(executable.Add(program.Write()));
                    memory.Run(native.Call);
                    memory.ShouldBeTheLoops($"{program.Name} on the processor");
                }
            }
        }
    }

    [Fact]
    public void Sums_of_the_largest_numbers_fit()
    {
        // The interpreter refuses a saturated sum; rows and weights at their limits come nearest to one.
        foreach (DType type in Types)
        {
            QuantLayout layout = QuantLayout.Of(type)!;
            foreach (Instructions set in new[] { Instructions.Avx2, Instructions.AvxVnni, Instructions.Avx512Vnni })
            {
                foreach (float sign in new[] { 1f, -1f })
                {
                    IntegerKernel program = IntegerCode.Programs(set, layout).Cast<IntegerKernel>().Last(p => p.Rows == IntegerKernel.MostRows);
                    using var memory = new Case(layout, set, program, 8, add: false, extreme: sign);
                    using var machine = new KernelMachine(program.Write(false), false);
                    memory.AllowAll(machine);
                    memory.Run(argument => machine.Call(argument));
                    memory.ShouldBeTheLoops(program.Name);
                }
            }
        }
    }

    /// <summary>A tile and its weights, in buffers that are no larger than they must be.</summary>
    sealed class Case : IDisposable
    {
        readonly List<(NativeBuffer Buffer, bool Writable, string Name)> buffers = [];
        readonly NativeBuffer argument;
        readonly bool add;
        readonly int groups, stride;
        readonly NativeBuffer[] c;
        readonly float[][] expected;
        IntegerArguments arguments;

        public Case(QuantLayout layout, Instructions set, IntegerKernel program, int blocks, bool add, float extreme = 0)
        {
            this.add = add;
            argument = New(sizeof(IntegerArguments), "argument", writable: true);
            groups = program.Groups;
            stride = Panel.Lanes + 3;
            int rows = program.Rows;
            NativeBuffer data = New(QuantizedRows.Bytes(rows, blocks * Panel.Block), "rows");
            var tile = new QuantizedRows { Data = data.Pointer, Count = rows, Inputs = blocks * Panel.Block };
            for (int row = 0; row < rows; row++)
            {
                float[] x = Samples.Numbers(row + 1, blocks * Panel.Block);
                if (extreme != 0)
                {
                    Array.Fill(x, extreme);
                }

                fixed (float* p = x)
                {
                    tile.Put(row, p);
                }
            }

            arguments.Rows = data.Pointer;
            arguments.Stride = stride * sizeof(float);
            arguments.SetBlocks(layout, blocks);
            arguments.Add = add ? 1 : 0;
            arguments.Runs = 1;
            c = new NativeBuffer[groups];
            expected = new float[groups][];
            var numbers = new TrialNumbers((uint)blocks);
            for (int group = 0; group < groups; group++)
            {
                NativeBuffer packed = New(layout.GroupBytes(blocks * Panel.Block), $"group {group}");
                IntegerTwin.Fill(layout, packed.Pointer, blocks, ref numbers);
                for (int block = 0; extreme != 0 && block < blocks; block++)
                {
                    new Span<byte>(layout.At(packed.Pointer, blocks, block).Integers, layout.QuadBytes).Fill(0xff);
                }

                NativeBuffer quads = New(blocks * 512, $"quads {group}"), floats = New(blocks * layout.Parts * 64, $"float scales {group}"), minima = New(blocks * layout.Parts * 64, $"minima {group}");
                IntegerTwin.Unpack(layout, packed.Pointer, blocks, quads.Pointer, (float*)floats.Pointer, (float*)minima.Pointer);

                c[group] = New(((rows - 1) * stride + Panel.Lanes) * sizeof(float), $"c {group}", writable: true);
                expected[group] = new float[rows * Panel.Lanes];
                for (int row = 0; row < rows; row++)
                {
                    fixed (float* e = &expected[group][row * Panel.Lanes])
                    {
                        new Span<float>(e, Panel.Lanes).Fill(add ? 1.5f + row : 0);
                        IntegerTwin.Multiply(layout, blocks, tile, row, quads.Pointer, (float*)floats.Pointer, (float*)minima.Pointer, e);
                    }
                }

                // Bytes are quads where they lie.
                QuantBlock first = layout.At(packed.Pointer, blocks, 0);
                byte* from = program.Unpacked && layout.Planes != Planes.EightBits ? quads.Pointer : first.Integers;
                byte* scale = program.Unpacked ? floats.Pointer : first.Scales, minimum = program.Unpacked ? minima.Pointer : first.Super;
                if (group == 0)
                {
                    arguments.Integers0 = from;
                    arguments.Scales0 = scale;
                    arguments.Super0 = minimum;
                    arguments.C0 = (float*)c[0].Pointer;
                }
                else
                {
                    arguments.Integers1 = from;
                    arguments.Scales1 = scale;
                    arguments.Super1 = minimum;
                    arguments.C1 = (float*)c[1].Pointer;
                }
            }
        }

        public void AllowAll(KernelMachine machine)
        {
            foreach ((NativeBuffer buffer, bool writable, string name) in buffers)
            {
                machine.Allow(buffer.Pointer, buffer.Bytes, writable, name);
            }
        }

        public delegate void Kernel(void* argument);

        public void Run(Kernel kernel)
        {
            foreach (NativeBuffer buffer in c)
            {
                for (int i = 0; i < buffer.Bytes / sizeof(float); i++)
                {
                    ((float*)buffer.Pointer)[i] = i % stride >= Panel.Lanes || !add ? float.NaN : 1.5f + i / stride;
                }
            }

            *(IntegerArguments*)argument.Pointer = arguments;
            kernel(argument.Pointer);
        }

        public void ShouldBeTheLoops(string what)
        {
            for (int group = 0; group < groups; group++)
            {
                for (int i = 0; i < c[group].Bytes / sizeof(float); i++)
                {
                    float value = ((float*)c[group].Pointer)[i];
                    if (i % stride >= Panel.Lanes)
                    {
                        float.IsNaN(value).ShouldBeTrue($"{what}: written beside the tile");
                        continue;
                    }

                    float wanted = expected[group][i / stride * Panel.Lanes + i % stride];
                    BitConverter.SingleToInt32Bits(value).ShouldBe(BitConverter.SingleToInt32Bits(wanted), $"{what}, group {group}, row {i / stride}, lane {i % stride}: {value:r}, not {wanted:r}");
                }
            }
        }

        NativeBuffer New(nint bytes, string name, bool writable = false)
        {
            var buffer = new NativeBuffer(bytes);
            buffers.Add((buffer, writable, name));
            return buffer;
        }

        public void Dispose()
        {
            foreach ((NativeBuffer buffer, _, _) in buffers)
            {
                buffer.Dispose();
            }
        }
    }
}
