using System.Diagnostics;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Benchmarks;

/// <summary>Generated kernels alone, on data that the first-level cache holds: what a kernel can reach before memory has a say.</summary>
static unsafe class KernelBench
{
    public static void Run(CpuDevice device, DType[] types)
    {
        double peak = Ceilings.Floats(device) / device.Workers.Threads;
        foreach (FloatSource source in Enum.GetValues<FloatSource>())
        {
            if (device.Generated.Floats(source) is { } floats)
            {
                Floats(source, floats, peak);
            }
        }

        foreach (DType type in types)
        {
            if (QuantLayout.Of(type) is not { } layout || device.Generated.Integers(layout) is not { } code)
            {
                continue;
            }

            const int Blocks = 16, Inputs = Blocks * 32;
            using var memory = new NativeBuffer(1 << 20);
            new Span<byte>(memory.Pointer, 1 << 20).Clear();
            byte* group = memory.Pointer;
            var numbers = new TrialNumbers(1);
            IntegerTwin.Fill(layout, group, Blocks, ref numbers);
            byte* quads = group + 65536;
            float* c = (float*)(quads + 65536);
            byte* rowsAt = (byte*)(c + 4096);
            foreach (bool unpacked in new[] { false, true })
            {
                for (int rows = 1; rows <= IntegerKernel.MostRows; rows++)
                {
                    QuantBlock first = layout.At(group, Blocks, 0);
                    var arguments = new IntegerArguments
                    {
                        Rows = rowsAt,
                        Integers0 = unpacked ? quads : first.Integers,
                        Integers1 = unpacked ? quads : first.Integers,
                        Scales0 = unpacked ? quads + 16384 : first.Scales,
                        Scales1 = unpacked ? quads + 16384 : first.Scales,
                        Super0 = unpacked ? quads + 32768 : first.Super,
                        Super1 = unpacked ? quads + 32768 : first.Super,
                        C0 = c,
                        C1 = c + 16,
                        Stride = 128,
                        Blocks = Blocks,
                        Runs = 1,
                    };
                    double best = double.MaxValue;
                    for (int attempt = 0; attempt < 20; attempt++)
                    {
                        long start = Stopwatch.GetTimestamp();
                        for (int i = 0; i < 1000; i++)
                        {
                            // A call moves what it is told on to the outputs behind.
                            IntegerArguments call = arguments;
                            if (unpacked)
                            {
                                code.Unpacked(rows, &call);
                            }
                            else
                            {
                                code.Packed(rows, &call);
                            }
                        }

                        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / 1000);
                    }

                    double speed = 2.0 * rows * Inputs * 16 * code.Groups / best;
                    Console.WriteLine($"kernel {type} {rows} rows{(unpacked ? ", unpacked" : "")}: {best * 1e9 / Blocks,6:f1} ns a block, {speed / 1e9,6:f0} GOP/s, {speed / peak:f2} of the fp32 peak, {code.Groups * layout.GroupBytes(Inputs) / best / 1e9,5:f1} GB/s");
                }
            }
        }
    }

    static void Floats(FloatSource source, FloatCode code, double peak)
    {
        const int Steps = 128;
        using var memory = new NativeBuffer(1 << 20);
        new Span<byte>(memory.Pointer, 1 << 20).Clear();
        for (int rows = 1; rows <= code.MaxRows; rows++)
        {
            var arguments = new FloatArguments
            {
                A = memory.Pointer,
                B0 = memory.Pointer + (1 << 16),
                B1 = memory.Pointer + (1 << 16) + Steps * 64,
                C = (float*)(memory.Pointer + (1 << 18)),
                Stride = 256,
                Steps = Steps,
            };
            double best = double.MaxValue;
            for (int attempt = 0; attempt < 20; attempt++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < 500; i++)
                {
                    FloatArguments call = arguments;
                    code.Multiply(rows, &call);
                }

                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / 500);
            }

            double speed = 2.0 * rows * Panel.Tile * Steps * (source == FloatSource.Floats ? 1 : 2) / best;
            Console.WriteLine($"kernel {source} {rows} rows: {speed / 1e9,6:f0} GFLOP/s, {speed / peak:f2} of the fp32 peak, {2 * 64 * Steps / best / 1e9,5:f1} GB/s");
        }
    }
}
