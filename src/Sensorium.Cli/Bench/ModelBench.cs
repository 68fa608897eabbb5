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
    const int Tries = 3;

    /// <summary>What the machine can do, measured in this run.</summary>
    public Ceilings Ceilings { get; private set; } = Ceilings.Measure(device);

    /// <summary>Where the time went; empty unless profiling.</summary>
    public List<(string Phase, IReadOnlyList<OperationTime> Times)> Profiles { get; } = [];

    /// <summary>The float32 product that the kernels are judged by.</summary>
    public Figure Gemm(int rows, int inputs, int outputs, DType type)
    {
        var weight = Checkpoint.Synthetic(type).Weight("weight", WeightRole.Matrix, outputs, inputs);
        var raw = RawTensor.FromFloats("weight", [outputs, inputs], new float[(long)outputs * inputs]);
        weight.Fill(device, raw);
        using Compute c = device.NewCompute(numerics);
        var values = new float[rows * inputs];
        double seconds = Median(7, () =>
        {
            c.Reset();
            Tensor x = c.FromHost(values, rows, inputs);
            long start = Stopwatch.GetTimestamp();
            c.MatMul(x, weight);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
        double speed = 2.0 * rows * inputs * outputs / seconds;
        return new Figure(string.Create(CultureInfo.InvariantCulture, $"product {rows}x{outputs}x{inputs} {type}"), speed / 1e9, "GFLOP/s", speed / Ceilings.Float32, "fp32 peak");
    }

    /// <summary>Prompt and answer speed of a language model.</summary>
    /// <param name="backbone">The model.</param>
    /// <param name="weights">Its weights, for the bytes that a token reads.</param>
    /// <param name="promptTokens">Rows of the prompt.</param>
    /// <param name="newTokens">Tokens of the answer.</param>
    public IEnumerable<Figure> Language(Backbone backbone, IReadOnlyList<Weight> weights, int promptTokens, int newTokens)
    {
        DType kvType = numerics == Numerics.Exact ? DType.F32 : DType.F16;
        int mostPages = 4 + (promptTokens + newTokens) / KvPool.PageRows;
        using KvPool pool = device.NewKvPool(backbone.KvLayout, kvType, mostPages);
        using KvPool? memories = backbone.MemoryLayout is { } layout ? device.NewKvPool(layout, kvType, mostPages) : null;
        using Compute plain = device.NewCompute(numerics);
        Compute c = profile ? new Profiler(plain) : plain;
        var ids = new int[promptTokens];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i * 7919 % backbone.VocabularySize;
        }

        var prefill = new List<double>();
        var decode = new List<double>();
        var bandwidth = new List<double>();
        IReadOnlyList<OperationTime> prefillTimes = [];
        for (int attempt = 0; attempt <= Tries; attempt++)
        {
            cancellation.ThrowIfCancellationRequested();
            var pages = new PageTable();
            var memory = memories is null ? null : new PageTable();
            (c as Profiler)?.Clear();
            double promptSeconds = backbone is EncoderDecoder reader ? Source(c, reader, memories!, memory!, ids) : Pass(c, backbone, pool, pages, ids);
            prefillTimes = (c as Profiler)?.Times ?? [];
            (c as Profiler)?.Clear();
            var steps = new double[newTokens];
            for (int i = 0; i < newTokens; i++)
            {
                steps[i] = Pass(c, backbone, pool, pages, ids.AsSpan(i % ids.Length, 1), memories, memory);
            }

            pages.Release(pool);
            memory?.Release(memories!);
            Array.Sort(steps);
            if (attempt > 0)
            {
                prefill.Add(promptSeconds);
                decode.Add(steps[newTokens / 2]);
                bandwidth.Add(Ceilings.ReadBandwidth(device));
            }
        }

        Ceilings = Ceilings with { Bandwidth = bandwidth.Max() };
        if (c is Profiler profiler)
        {
            Profiles.Add(($"prompt of {promptTokens} tokens", prefillTimes));
            Profiles.Add(($"{newTokens} new tokens", profiler.Times));
        }

        // A token reads every matrix once; of the embedding only its row, unless it is the head too.
        double bytes = weights.Where(w => w.Role is WeightRole.Matrix or WeightRole.TableAndMatrix).Sum(w => (double)(w.Prepared?.ReadBytes ?? 0));
        double work = 2.0 * promptTokens * weights.Where(w => w.Role is WeightRole.Matrix && w.Outputs != backbone.VocabularySize).Sum(w => (double)w.Elements);
        double prompt = Middle(prefill);
        double step = Middle(decode);
        if (backbone is EncoderDecoder)
        {
            // Which weights a source goes through and which a step reads is the family's own affair.
            yield return new Figure($"source, {promptTokens} tokens", promptTokens / prompt, "tokens/s");
            yield return new Figure("answer, one sequence", 1 / step, "tokens/s");
            yield break;
        }

        yield return new Figure($"prompt, {promptTokens} tokens", promptTokens / prompt, "tokens/s", work / prompt / Ceilings.Float32, "fp32 peak");
        yield return new Figure("answer, one sequence", 1 / step, "tokens/s", bytes / step / Ceilings.Bandwidth, "memory bandwidth");
    }

    /// <summary>One picture through an encoder: its time, and the speed of its products.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="run">The encoder.</param>
    /// <param name="type">The type of its matrices, which says what bounds it.</param>
    public IEnumerable<Figure> Picture(string name, PictureRun run, DType type)
    {
        (int width, int height) = run.Processor.OutputSize(640, 480);
        var pixels = new float[width * height * 3];
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

        (double peak, string of) = Peak(type);
        yield return new Figure($"picture through {name}", seconds * 1e3, "ms");
        yield return new Figure("its products", operations / seconds / 1e9, "GFLOP/s", operations / seconds / peak, of);

        double Once(Compute c)
        {
            c.Reset();
            var maps = new FeatureMaps(c.FromHost(pixels, width * height, 3), new Grid((1, height, width)));
            long start = Stopwatch.GetTimestamp();
            run.Forward(c, maps);
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

    (double Operations, string Name) Peak(DType type) => numerics == Numerics.Exact || type is DType.F32 or DType.F16
        ? (Ceilings.Float32, "fp32 peak")
        : type == DType.BF16 ? (Ceilings.BFloat16, "bf16 peak") : (Ceilings.Int8, "int8 peak");

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

    /// <summary>The median of several tries, after one that is not counted.</summary>
    static double Median(int tries, Func<double> attempt)
    {
        attempt();
        return Middle([.. Enumerable.Range(0, tries).Select(_ => attempt())]);
    }

    static double Middle(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
