using System.Diagnostics;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Benchmarks;

/// <summary>The kernels' benchmarks; each figure is the best of several tries that alternate with the ceilings'.</summary>
sealed class Bench(CpuDevice device, int repeats, DType[]? only)
{
    static readonly DType[] AllTypes =
    [
        DType.F32, DType.BF16, DType.F16, DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.IQ4_NL,
    ];

    DType[] Types => only ?? AllTypes;

    public void Gemm()
    {
        foreach (Numerics numerics in Enum.GetValues<Numerics>())
        {
            foreach (DType type in Types)
            {
                foreach ((int rows, int inputs, int outputs) in new[] { (512, 2048, 2048), (577, 1024, 4096) })
                {
                    using Compute c = device.NewCompute(numerics), inputsOf = device.NewCompute(numerics);
                    Weight weight = Fill(type, outputs, inputs);
                    var host = new float[rows * inputs];
                    Array.Fill(host, 0.5f);
                    Tensor x = inputsOf.FromHost(host, rows, inputs);
                    bool integers = numerics == Numerics.Fast && type.IsQuantized();
                    (double ceiling, double seconds) = Interleave(() => Ceiling(numerics == Numerics.Fast ? type : DType.F32), () =>
                    {
                        c.Reset();
                        c.MatMul(x, weight);
                    });
                    double reached = 2.0 * rows * inputs * outputs / seconds;
                    Console.WriteLine($"gemm {numerics,-5} {type,-6} {rows}x{inputs}x{outputs}: {reached / 1e9,7:f0} of {ceiling / 1e9,5:f0} G{(integers ? "OP" : "FLOP")}/s, {100 * reached / ceiling,3:f0} %");
                }
            }
        }
    }

    /// <summary>The products of encoders' layers as models have them: with their epilogues, and weights that no cache holds.</summary>
    public void Layer()
    {
        foreach (DType type in only ?? [DType.F32, DType.BF16, DType.Q8_0])
        {
            Layer("ViT-L/14-336", type, 577, 1024, 8);
            Layer("ViT-B/32", type, 50, 768, 16);
            Layer("MiniLM", type, 128, 384, 6);
        }
    }

    void Layer(string model, DType type, int rows, int hidden, int layers)
    {
        (string Name, int Inputs, int Outputs, Activation Activation, bool Residual)[] products =
        [
            ("query, key, value", hidden, 3 * hidden, Activation.None, false),
            ("output", hidden, hidden, Activation.None, true),
            ("up", hidden, 4 * hidden, Activation.QuickGelu, false),
            ("down", 4 * hidden, hidden, Activation.None, true),
        ];
        foreach ((string name, int inputs, int outputs, Activation activation, bool residual) in products)
        {
            if (inputs % type.BlockSize() != 0)
            {
                continue;
            }

            using Compute c = device.NewCompute(Numerics.Fast), inputsOf = device.NewCompute(Numerics.Fast);
            Weight[] weights = [.. Enumerable.Range(0, layers).Select(_ => Fill(type, outputs, inputs))];
            var bias = new Weight("bias", WeightRole.Vector, outputs);
            bias.Fill(device, RawTensor.FromFloats("bias", [outputs], new float[outputs]));
            Tensor x = inputsOf.FromHost(new float[rows * inputs], rows, inputs), skipped = inputsOf.FromHost(new float[rows * outputs], rows, outputs);
            (double ceiling, double seconds) = Interleave(() => Ceiling(type), () =>
            {
                foreach (Weight weight in weights)
                {
                    c.Reset();
                    c.Linear(x, weight, new Epilogue { Bias = bias, Activation = activation, Residual = residual ? skipped : default });
                }
            });
            double reached = 2.0 * rows * inputs * outputs * layers / seconds;
            Console.WriteLine($"layer {type,-6} {model,-12} {name,-17} {1e3 * seconds / layers,7:f3} ms: {reached / 1e9,7:f0} of {ceiling / 1e9,5:f0} G/s, {100 * reached / ceiling,3:f0} %");
        }
    }

    /// <summary>What a type's products reach at most.</summary>
    double Ceiling(DType type) => type.IsQuantized() ? Ceilings.Integers(device) : (type == DType.BF16 ? Ceilings.Brains(device) : null) ?? Ceilings.Floats(device);

    public void Decode()
    {
        foreach (DType type in Types)
        {
            // 128 MB in several matrices, so that no cache holds them.
            using Compute c = device.NewCompute(Numerics.Fast), inputsOf = device.NewCompute(Numerics.Fast);
            const int Inputs = 2048, Outputs = 8192;
            int count = (int)Math.Max(2, (128L << 20) / type.ByteCount(Inputs * Outputs));
            var weights = new Weight[count];
            for (int i = 0; i < count; i++)
            {
                weights[i] = Fill(type, Outputs, Inputs);
            }

            var host = new float[8 * Inputs];
            Array.Fill(host, 0.5f);
            foreach (int rows in new[] { 1, 8 })
            {
                Tensor x = inputsOf.FromHost(host.AsSpan(0, rows * Inputs), rows, Inputs);
                (double ceiling, double seconds) = Interleave(() => Ceilings.ReadBandwidth(device), () =>
                {
                    foreach (Weight weight in weights)
                    {
                        c.Reset();
                        c.MatMul(x, weight);
                    }
                });
                double reached = weights.Sum(w => (double)w.Prepared!.ReadBytes) / seconds;
                Console.WriteLine($"decode {type,-6} {rows} rows: {reached / 1e9,5:f1} of {ceiling / 1e9,5:f1} GB/s, {100 * reached / ceiling,3:f0} %");
            }
        }
    }

    struct Nothing : IJob
    {
        public long Sum;

        public void Run(nint item, int worker) => Volatile.Write(ref Sum, item);
    }

    /// <summary>What a loop costs whose items do nothing.</summary>
    public void Loops()
    {
        foreach (int items in new[] { 2, 8, 32 })
        {
            double best = double.MaxValue;
            for (int i = 0; i < 3 * repeats; i++)
            {
                best = Math.Min(best, Seconds(() =>
                {
                    var job = default(Nothing);
                    for (int n = 0; n < 2000; n++)
                    {
                        device.Workers.Run(items, ref job);
                    }
                }));
            }

            Console.WriteLine($"loop of {items} items: {1e6 * best / 2000:f2} us");
        }
    }

    /// <summary>One row by the matrices of a model's layers, all four in turn and each alone: what a call costs beside its work.</summary>
    public void Small()
    {
        Small("SmolLM2-135M", 30, [(576, 960), (576, 576), (576, 3072), (1536, 576)]);
        Small("Llama-1B", 16, [(2048, 3072), (2048, 2048), (2048, 16384), (8192, 2048)]);
    }

    void Small(string model, int count, (int Inputs, int Outputs)[] shapes)
    {
        foreach (DType type in Types)
        {
            using Compute c = device.NewCompute(Numerics.Fast), inputsOf = device.NewCompute(Numerics.Fast);
            Tensor[] x = [.. shapes.Select(s => inputsOf.FromHost(new float[s.Inputs], 1, s.Inputs))];
            Measure("all four", [.. shapes.Select((_, i) => i)], count);
            for (int i = 0; i < shapes.Length; i++)
            {
                // So many that no cache holds them.
                Measure($"{shapes[i].Outputs}x{shapes[i].Inputs}", [i], (int)Math.Max(count, (128L << 20) / type.ByteCount(shapes[i].Inputs * shapes[i].Outputs)));
            }

            void Measure(string name, int[] which, int layers)
            {
                Weight[][] weights = [.. Enumerable.Range(0, layers).Select(_ => which.Select(i => Fill(type, shapes[i].Outputs, shapes[i].Inputs)).ToArray())];
                (double ceiling, double seconds) = Interleave(() => Ceilings.ReadBandwidth(device), () =>
                {
                    foreach (Weight[] layer in weights)
                    {
                        c.Reset();
                        for (int i = 0; i < which.Length; i++)
                        {
                            c.MatMul(x[which[i]], layer[i]);
                        }
                    }
                });
                double reached = weights.Sum(l => l.Sum(w => (double)w.Prepared!.ReadBytes)) / seconds;
                Console.WriteLine($"small  {type,-6} {model,-12} {name,-10} 1 row: {1e6 * seconds / layers / which.Length,6:f1} us a product, {reached / 1e9,5:f1} of {ceiling / 1e9,5:f1} GB/s, {100 * reached / ceiling,3:f0} %");
            }
        }
    }

    public void Convolve()
    {
        (string Name, int Size, int Channels, int Outputs, int Groups, Window Window)[] layers =
        [
            ("stem 3x3/2", 224, 3, 32, 1, new Window(3, 3, 2, Padding.Same)),
            ("expand 1x1", 112, 16, 96, 1, new Window(1, 1)),
            ("depthwise 3x3/2", 112, 96, 96, 96, new Window(3, 3, 2, Padding.Same)),
            ("depthwise 5x5", 14, 480, 480, 480, new Window(5, 5, 1, Padding.Same)),
            ("project 1x1", 14, 672, 112, 1, new Window(1, 1)),
            ("head 1x1", 7, 320, 1280, 1, new Window(1, 1)),
            ("dense 3x3", 56, 64, 64, 1, new Window(3, 3, 1, Padding.Symmetric, 1)),
        ];
        foreach ((string name, int size, int channels, int outputs, int groups, Window window) in layers)
        {
            using Compute c = device.NewCompute(Numerics.Exact), inputsOf = device.NewCompute(Numerics.Exact);
            var shape = new long[] { outputs, channels / groups, window.Height, window.Width };
            var weight = new Weight(name, WeightRole.Convolution, shape);
            weight.Fill(device, RawTensor.FromFloats(name, shape, new float[weight.Elements]));
            var grid = new Grid((1, size, size));
            var x = new FeatureMaps(inputsOf.FromHost(new float[grid.Rows * channels], grid.Rows, channels), grid);
            double cells = grid.After(window).Rows;
            (double ceiling, double seconds) = Interleave(() => Ceilings.Floats(device), () =>
            {
                c.Reset();
                c.Convolve(x, weight, window, new Epilogue { Activation = Activation.Relu6 });
            });
            double reached = 2.0 * cells * weight.Elements / seconds;
            Console.WriteLine($"convolve {name,-16} {size}x{size}x{channels}->{outputs}: {seconds * 1e3,6:f3} ms, {reached / 1e9,4:f0} of {ceiling / 1e9,4:f0} GFLOP/s, {100 * reached / ceiling,3:f0} %");
        }
    }

    public void Prepare()
    {
        foreach (DType type in Types)
        {
            RawTensor raw = Raw(type, 8192, 2048);
            double best = double.MaxValue;
            for (int i = 0; i < repeats; i++)
            {
                best = Math.Min(best, Seconds(() => device.Prepare(raw, WeightRole.Matrix)));
            }

            Console.WriteLine($"prepare {type,-6}: {raw.ByteLength / best / 1e9:f2} GB/s");
        }
    }

    (double Ceiling, double Seconds) Interleave(Func<double> ceiling, Action run)
    {
        double most = 0, best = double.MaxValue;
        run();
        for (int i = 0; i < repeats; i++)
        {
            most = Math.Max(most, ceiling());
            for (int j = 0; j < 3; j++)
            {
                best = Math.Min(best, Seconds(run));
            }
        }

        return (most, best);
    }

    /// <summary>One thread's own processor time, where others use the machine; else the clock's.</summary>
    public double Seconds(Action run)
    {
        if (device.Workers.Threads == 1)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            run();
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }

        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    Weight Fill(DType type, int outputs, int inputs)
    {
        var weight = new Weight($"{type}", WeightRole.Matrix, outputs, inputs);
        weight.Fill(device, Raw(type, outputs, inputs));
        return weight;
    }

    static unsafe RawTensor Raw(DType type, int outputs, int inputs)
    {
        // The numbers do not matter to the time, but for one row's worth of sensible blocks.
        RawTensor raw = RawTensor.Allocate($"{type}", type, [outputs, inputs]);
        var random = new Random(1);
        var row = new float[inputs];
        for (int i = 0; i < inputs; i++)
        {
            row[i] = random.NextSingle() - 0.5f;
        }

        fixed (float* p = row)
        {
            BlockFormats.Quantize(type, p, raw.Data, inputs);
        }

        for (long i = 1; i < outputs; i++)
        {
            Buffer.MemoryCopy(raw.Data, raw.Row(i), raw.RowBytes, raw.RowBytes);
        }

        return raw;
    }
}
