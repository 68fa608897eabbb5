using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Benchmarks;

/// <summary>Attention of whole sequences without pages, as encoders have it, and with a causal half, as prompts have it.</summary>
/// <param name="device">Where.</param>
/// <param name="seconds">Times an action.</param>
/// <param name="repeats">Tries that count.</param>
/// <param name="types">F32, BF16 or both: what the products take.</param>
sealed class AttentionBench(CpuDevice device, Func<Action, double> seconds, int repeats, DType[] types)
{
    static readonly (string Name, int Rows, int Heads, int KvHeads, int HeadSize, bool Causal)[] Shapes =
    [
        ("ViT-L/14-336", 577, 16, 16, 64, false),
        ("SigLIP-B/16-512", 1024, 12, 12, 64, false),
        ("SigLIP-SO400M", 729, 16, 16, 72, false),
        ("head size 80", 729, 16, 16, 80, false),
        ("head size 96", 729, 16, 16, 96, false),
        ("BERT-base", 512, 12, 12, 64, false),
        ("Llama-1B prompt", 512, 32, 8, 64, true),
    ];

    public void Run()
    {
        Answers();
        if (types.Contains(DType.F32))
        {
            Run(Arithmetic.Float32);
        }

        if (types.Contains(DType.BF16) && Ceilings.Brains(device) != null)
        {
            Run(Arithmetic.BFloat16);
        }
    }

    void Run(Arithmetic arithmetic)
    {
        foreach ((string name, int rows, int heads, int kvHeads, int size, bool causal) in Shapes)
        {
            using Compute c = device.NewCompute(Numerics.Fast), inputsOf = device.NewCompute(Numerics.Fast);
            var random = new Random(1);
            Tensor Some(int columns)
            {
                var values = new float[rows * columns];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = random.NextSingle() - 0.5f;
                }

                return inputsOf.FromHost(values, rows, columns);
            }

            Tensor q = Some(heads * size), k = Some(kvHeads * size), v = Some(kvHeads * size);
            var plan = Plan.Of(causal, rows);
            var shape = new AttentionShape { Heads = heads, KvHeads = kvHeads, KeySize = size };
            double ceiling = 0, best = double.MaxValue;
            for (int i = 0; i <= repeats; i++)
            {
                ceiling = Math.Max(ceiling, arithmetic == Arithmetic.BFloat16 ? Ceilings.Brains(device)!.Value : Ceilings.Floats(device));
                c.Reset();
                double taken = seconds(() => c.Attend(q, KeyValues.Rows(k, v, computedIn: arithmetic), plan, shape));
                best = i == 0 ? best : Math.Min(best, taken);
            }

            double reached = (causal ? 2.0 : 4.0) * rows * rows * heads * size / best;
            Console.WriteLine($"attend {arithmetic} {name,-16} {rows} rows, {heads} heads of {size}: {best * 1e3,6:f2} ms, {reached / 1e9,4:f0} of {ceiling / 1e9,4:f0} GFLOP/s, {100 * reached / ceiling,3:f0} %");
        }
    }

    /// <summary>One token by the pages of those before it, in many layers, so that no cache holds them, and in one.</summary>
    void Answers()
    {
        const int Layers = 96;
        foreach ((string name, int heads, int kvHeads, int size) in new[] { ("Llama-1B", 32, 8, 64), ("SmolLM2-135M", 9, 3, 64), ("Qwen2-0.5B", 14, 2, 64), ("Llama-8B", 32, 8, 128) })
        {
            foreach ((int layers, string memory) in new[] { (Layers, "memory"), (1, "the cache") })
            {
                const int Kept = 512;
                var layout = new KvLayout(layers, kvHeads, size, size);
                using KvPool pool = device.NewKvPool(layout, DType.F16, Kept / KvPool.PageRows + 1);
                using Compute c = device.NewCompute(Numerics.Fast);
                var pages = new PageTable();
                var plan = new Plan(1);
                Append(Kept);
                plan.Commit();
                double best = double.MaxValue, ceiling = 0;
                var shape = new AttentionShape { Heads = heads, KvHeads = kvHeads, KeySize = size };
                Append(1);
                Tensor q = c.FromHost(new float[heads * size], 1, heads * size);
                int rounds = Layers / layers;
                for (int i = 0; i <= repeats; i++)
                {
                    ceiling = Math.Max(ceiling, Ceilings.ReadBandwidth(device));
                    double taken = seconds(() =>
                    {
                        for (int round = 0; round < rounds; round++)
                        {
                            for (int layer = 0; layer < layers; layer++)
                            {
                                c.Attend(q, KeyValues.Paged(layer), plan, shape);
                            }
                        }
                    });
                    best = i == 0 ? best : Math.Min(best, taken);
                }

                double bytes = (double)Layers * (Kept + 1) * kvHeads * 2 * size * sizeof(ushort);
                Console.WriteLine($"attend {name,-16} 1 row by {Kept} in {memory}: {1e6 * best / Layers,6:f1} us a layer, {bytes / best / 1e9,5:f1} of {ceiling / 1e9,5:f1} GB/s");
                pages.Release(pool);

                void Append(int rows)
                {
                    c.Reset();
                    pages.Reserve(pool, pages.Length + rows);
                    plan.Clear(pool);
                    plan.Add(rows, pages);
                    Tensor k = c.FromHost(new float[rows * kvHeads * size], rows, kvHeads * size);
                    for (int layer = 0; layer < layers; layer++)
                    {
                        c.Append(plan, layer, k, k);
                    }
                }
            }
        }
    }
}
