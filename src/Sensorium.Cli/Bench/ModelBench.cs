using System.Diagnostics;
using System.Globalization;
using Sensorium.Models.Backbones;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Cli.Bench;

/// <summary>Measures the machine and models on it; medians of interleaved tries, since others use the machine too.</summary>
sealed class ModelBench(CpuDevice device, Numerics numerics, bool profile, CancellationToken cancellation)
{
    const int Tries = 5;
    const int ProductRounds = 5;

    // Sequences that answer together, and what each has in its context when it begins.
    const int Company = 8;
    const int CompanyPrompt = 16;

    /// <summary>What the machine can do, measured in this run.</summary>
    public Ceilings Ceilings { get; private set; } = Ceilings.Measure(device);

    /// <summary>Where the time went; empty unless profiling.</summary>
    public List<(string Phase, IReadOnlyList<OperationTime> Times)> Profiles { get; } = [];

    /// <summary>The products that the kernels are judged by, their tries interleaved with the ceilings'.</summary>
    public IReadOnlyList<Figure> Products(params IReadOnlyList<ProductCase> cases)
    {
        var seconds = new List<double>[cases.Count];
        for (int i = 0; i < cases.Count; i++)
        {
            cases[i].Prepare(device, numerics);
            seconds[i] = [];
        }

        for (int round = 0; round < ProductRounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            Ceilings = Ceilings.Best(Ceilings.Measure(device));
            for (int i = 0; i < cases.Count; i++)
            {
                // Another product was there before: the first try finds its memory cold.
                cases[i].Seconds();
                for (int n = 0; n < Tries; n++)
                {
                    seconds[i].Add(cases[i].Seconds());
                }
            }
        }

        var figures = new List<Figure>();
        for (int i = 0; i < cases.Count; i++)
        {
            double speed = cases[i].Operations / Middle(seconds[i]);
            (double peak, string of) = Peak(cases[i].Arithmetic);
            figures.Add(new Figure(cases[i].Name, speed / 1e9, cases[i].Arithmetic == Arithmetic.Int8 ? "Gop/s" : "GFLOP/s", speed / peak, of));
            cases[i].Dispose();
        }

        return figures;
    }

    /// <summary>The share of the ceiling that is nearest, and which that is; null where an operation neither multiplies nor reads weights.</summary>
    public (double Share, string Of)? Share(in OperationTime time)
    {
        (double peak, string of) = Peak(time.Arithmetic);
        double computed = time.Operations / time.Seconds / peak, read = time.Bytes / time.Seconds / Ceilings.Bandwidth;
        return time.Operations + time.Bytes == 0 ? null : computed >= read ? (computed, of) : (read, "memory bandwidth");
    }

    /// <summary>Prompt and answer speed of a language model.</summary>
    /// <param name="backbone">The model.</param>
    /// <param name="weights">Its weights, which are most of what a token reads.</param>
    /// <param name="promptTokens">Rows of the prompt.</param>
    /// <param name="newTokens">Tokens of the answer.</param>
    public IEnumerable<Figure> Language(Backbone backbone, IReadOnlyList<Weight> weights, int promptTokens, int newTokens)
    {
        DType kvType = numerics == Numerics.Exact ? DType.F32 : DType.F16;
        int mostPages = 4 + (promptTokens + newTokens) / KvPool.PageRows + Company * (1 + (CompanyPrompt + newTokens) / KvPool.PageRows);
        using KvPool pool = device.NewKvPool(backbone.KvLayout, kvType, mostPages);
        using KvPool? memories = backbone.MemoryLayout is { } layout ? device.NewKvPool(layout, kvType, mostPages) : null;
        using Compute plain = device.NewCompute(numerics);
        Compute c = profile ? new Profiler(plain) : plain;
        var ids = new int[promptTokens];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i * 7919 % backbone.VocabularySize;
        }

        // A token reads every matrix once, of the embedding only its row unless it is the head too, and the keys and values of the tokens before it.
        double bytes = weights.Where(w => w.Role is WeightRole.Matrix or WeightRole.TableAndMatrix).Sum(w => (double)(w.Prepared?.ReadBytes ?? 0));
        var prefill = new List<double>();
        double kept = (double)backbone.KvLayout.ElementsPerToken * kvType.BlockBytes();
        var decode = new Reading(bytes + kept * (promptTokens + newTokens / 2));
        var together = new Reading(bytes + kept * Company * (CompanyPrompt + newTokens / 2));
        IReadOnlyList<OperationTime> prefillTimes = [];
        long begin = Stopwatch.GetTimestamp();
        while (prefill.Count < Tries)
        {
            bool counts = HasSettled(begin);
            cancellation.ThrowIfCancellationRequested();
            var pages = new PageTable();
            var memory = memories is null ? null : new PageTable();
            (c as Profiler)?.Clear();
            double promptSeconds = backbone is EncoderDecoder reader ? Source(c, reader, memories!, memory!, ids) : Pass(c, backbone, pool, pages, ids);
            prefillTimes = (c as Profiler)?.Times ?? [];
            (c as Profiler)?.Clear();
            double before = Ceilings.ReadBandwidth(device);
            var steps = new double[newTokens];
            for (int i = 0; i < newTokens; i++)
            {
                steps[i] = Pass(c, backbone, pool, pages, ids.AsSpan(i % ids.Length, 1), memories, memory);
            }

            pages.Release(pool);
            memory?.Release(memories!);
            Array.Sort(steps);
            if (counts)
            {
                double between = Ceilings.ReadBandwidth(device);
                prefill.Add(promptSeconds);
                decode.Add(steps[newTokens / 2], before, between);
                if (memories is null)
                {
                    together.Add(Together(plain, backbone, pool, newTokens), between, Ceilings.ReadBandwidth(device));
                }
            }
        }

        Ceilings = Ceilings with { Bandwidth = Math.Max(decode.Bandwidth, together.Bandwidth) };
        if (c is Profiler profiler)
        {
            Profiles.Add(($"prompt of {promptTokens} tokens", prefillTimes));
            Profiles.Add(($"{newTokens} new tokens", profiler.Times));
        }

        double work = 2.0 * promptTokens * weights.Where(w => w.Role is WeightRole.Matrix && w.Outputs != backbone.VocabularySize).Sum(w => (double)w.Elements);
        double prompt = Middle(prefill);
        if (backbone is EncoderDecoder)
        {
            // Which weights a source goes through and which a step reads is the family's own affair.
            yield return new Figure($"source, {promptTokens} tokens", promptTokens / prompt, "tokens/s");
            yield return new Figure("answer, one sequence", 1 / decode.Seconds, "tokens/s");
            yield break;
        }

        (double peak, string of) = Peak(ArithmeticOf(weights));
        yield return new Figure($"prompt, {promptTokens} tokens", promptTokens / prompt, "tokens/s", work / prompt / peak, of);
        yield return new Figure("answer, one sequence", 1 / decode.Seconds, "tokens/s", decode.Share, "memory bandwidth");
        if (memories is null)
        {
            yield return new Figure($"answer, {Company} sequences", Company / together.Seconds, "tokens/s", together.Share, "memory bandwidth");
        }
    }

    /// <summary>The median of steps in which several sequences get a token each, in seconds.</summary>
    double Together(Compute c, Backbone backbone, KvPool pool, int steps)
    {
        var tables = new PageTable[Company];
        var prompt = new int[CompanyPrompt];
        for (int i = 0; i < Company; i++)
        {
            Array.Fill(prompt, (i + 1) * 7919 % backbone.VocabularySize);
            Pass(c, backbone, pool, tables[i] = new PageTable(), prompt);
        }

        var ids = new int[Company];
        var seconds = new List<double>();
        var plan = new Plan(backbone.PositionAxes);
        for (int step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            c.Reset();
            plan.Clear(pool);
            foreach (PageTable pages in tables)
            {
                pages.Reserve(pool, pages.Length + 1);
                plan.Want(plan.Add(1, pages));
            }

            long start = Stopwatch.GetTimestamp();
            Tensor x = backbone.Forward(c, backbone.Embed(c, ids), plan);
            c.ReadIds(c.ArgMax(backbone.Logits(c, backbone.Norm(c, c.Gather(x, plan.WantedRows)))), ids);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            plan.Commit();
        }

        foreach (PageTable pages in tables)
        {
            pages.Release(pool);
        }

        return Middle(seconds);
    }

    /// <summary>One picture through an encoder: its time, and the speed of its products.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="run">The encoder.</param>
    /// <param name="arithmetic">What most of its products are computed in.</param>
    public IEnumerable<Figure> Picture(string name, PictureRun run, Arithmetic arithmetic)
    {
        (int width, int height) = run.Processor.OutputSize(640, 480);
        var pixels = new float[width * height * 3];
        return Encoder($"picture through {name}", 1, arithmetic, c =>
        {
            var maps = new FeatureMaps(c.FromHost(pixels, width * height, 3), new Grid((1, height, width)));
            return () => run.Forward(c, maps);
        });
    }

    /// <summary>One text, and then several of different lengths in one pass: the time of a text, and the speed of the products.</summary>
    /// <param name="encoder">Makes vectors of texts.</param>
    /// <param name="tokens">The length of the one text, and of the longest of several.</param>
    /// <param name="arithmetic">What most of its products are computed in.</param>
    public IEnumerable<Figure> Texts(Bert encoder, int tokens, Arithmetic arithmetic)
    {
        const int Together = 16;
        int[][] several = [.. Enumerable.Range(1, Together).Select(i => Text(Math.Max(1, tokens * i / Together)))];
        return
        [
            .. Encoder(string.Create(CultureInfo.InvariantCulture, $"text of {tokens} tokens"), 1, arithmetic, c => () => encoder.Vectors(c, [Text(tokens)])),
            .. Encoder(string.Create(CultureInfo.InvariantCulture, $"each of {Together} texts of {several[0].Length} to {tokens} tokens"), Together, arithmetic, c => () => encoder.Vectors(c, several)),
        ];

        int[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => (int)(i * 7919L % encoder.VocabularySize))];
    }

    /// <summary>A pass through an encoder.</summary>
    /// <param name="name">What one item's time is called.</param>
    /// <param name="items">Pictures or texts in the pass.</param>
    /// <param name="arithmetic">What most of its products are computed in.</param>
    /// <param name="prepare">Brings the input to the device and gives what is timed.</param>
    IEnumerable<Figure> Encoder(string name, int items, Arithmetic arithmetic, Func<Compute, Func<Tensor>> prepare)
    {
        using Compute plain = device.NewCompute(numerics);

        // The operations are counted as they run, on the try that is not timed.
        var profiler = new Profiler(plain);
        Once(profiler);
        double operations = profiler.Times.Sum(t => t.Operations);
        double seconds = Median(7, () =>
        {
            cancellation.ThrowIfCancellationRequested();
            profiler.Clear();
            return Once(profile ? profiler : plain);
        });
        if (profile)
        {
            Profiles.Add((name, profiler.Times));
        }

        (double peak, string of) = Peak(arithmetic);
        yield return new Figure(name, seconds / items * 1e3, "ms");
        yield return new Figure("its products", operations / seconds / 1e9, "GFLOP/s", operations / seconds / peak, of);

        double Once(Compute c)
        {
            c.Reset();
            Func<Tensor> pass = prepare(c);
            long start = Stopwatch.GetTimestamp();
            pass();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>A source through the encoder, and the keys and values of its memory.</summary>
    static double Source(Compute c, EncoderDecoder model, KvPool memories, PageTable memory, ReadOnlySpan<int> ids)
    {
        c.Reset();
        memory.Reserve(memories, ids.Length);
        var kept = new Plan(model.PositionAxes);
        kept.Clear(memories);
        kept.Add(ids.Length, memory);
        long start = Stopwatch.GetTimestamp();
        model.Remember(c, model.Encode(c, model.Embed(c, ids), Plan.Of(causal: false, ids.Length)), kept);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        kept.Commit();
        return seconds;
    }

    /// <summary>What most of the products with some weights are computed in.</summary>
    public Arithmetic ArithmeticOf(IReadOnlyList<Weight> weights) => weights
        .Where(w => w.Role is WeightRole.Matrix or WeightRole.TableAndMatrix && w.Prepared is not null)
        .GroupBy(w => w.Prepared!.ArithmeticOf(numerics))
        .OrderByDescending(g => g.Sum(w => w.Elements))
        .Select(g => g.Key)
        .FirstOrDefault(Arithmetic.Float32);

    (double Operations, string Name) Peak(Arithmetic arithmetic) => arithmetic switch
    {
        Arithmetic.Int8 => (Ceilings.Int8, "int8 peak"),
        Arithmetic.BFloat16 => (Ceilings.BFloat16, "bf16 peak"),
        _ => (Ceilings.Float32, "fp32 peak"),
    };

    static double Pass(Compute c, Backbone backbone, KvPool pool, PageTable pages, ReadOnlySpan<int> ids, KvPool? memories = null, PageTable? memory = null)
    {
        c.Reset();
        pages.Reserve(pool, pages.Length + ids.Length);
        var plan = new Plan(backbone.PositionAxes);
        plan.Clear(pool, memories);
        plan.Add(ids.Length, pages, memory: memory);
        plan.Want(ids.Length - 1);
        Span<int> best = stackalloc int[1];
        long start = Stopwatch.GetTimestamp();
        Tensor x = backbone.Forward(c, backbone.Embed(c, ids), plan);
        c.ReadIds(c.ArgMax(backbone.Logits(c, backbone.Norm(c, c.Gather(x, plan.WantedRows)))), best);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        plan.Commit();
        return seconds;
    }

    /// <summary>The median of several tries, or of those of a second, once the runtime has settled.</summary>
    static double Median(int tries, Func<double> attempt)
    {
        long begin = Stopwatch.GetTimestamp();
        do
        {
            attempt();
        }
        while (!HasSettled(begin));

        var values = new List<double>();
        while (values.Count < tries || values.Sum() < 1)
        {
            values.Add(attempt());
        }

        return Middle(values);
    }

    /// <summary>Whether what comes counts: for a second the runtime compiles anew what it sees run often, on the cores that are measured.</summary>
    static bool HasSettled(long begin) => Stopwatch.GetElapsedTime(begin).TotalSeconds >= 1;

    /// <summary>The median.</summary>
    public static double Middle(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
