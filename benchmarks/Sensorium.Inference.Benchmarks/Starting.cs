using System.Diagnostics;
using System.Globalization;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Inference.Benchmarks;

/// <summary>How long a model takes from its file to the first token of an answer, and a cached prompt to its first token.</summary>
static class Starting
{
    const int LongPrompt = 1000;
    const int Steps = 24;

    /// <summary>
    /// From the opened file to the first token of a prompt of 16 tokens, tokenizer included, in this process: when no packed
    /// copy of the weights is kept, when one is written meanwhile, and when one is there.
    /// </summary>
    public static async Task<string> FirstTokenAsync(string model, int rounds)
    {
        string copies = Directory.CreateTempSubdirectory("sensorium-packed-").FullName;
        try
        {
            Environment.SetEnvironmentVariable(PackedCopies.Variable, "0");
            string without = await FirstTokenAsync(model, rounds, "no packed copy", () => { }).ConfigureAwait(false);
            Environment.SetEnvironmentVariable(PackedCopies.Variable, copies);
            string first = await FirstTokenAsync(model, Math.Min(rounds, 3), "the copy written meanwhile", Empty).ConfigureAwait(false);
            PackedCopies.Settle();
            string later = await FirstTokenAsync(model, rounds, "from the copy", () => { }).ConfigureAwait(false);
            return string.Join(Environment.NewLine, without, first, later);
        }
        finally
        {
            Environment.SetEnvironmentVariable(PackedCopies.Variable, "0");
            Directory.Delete(copies, recursive: true);
        }

        void Empty()
        {
            PackedCopies.Settle();
            Array.ForEach(Directory.GetFiles(copies), File.Delete);
        }
    }

    static async Task<string> FirstTokenAsync(string model, int rounds, string what, Action prepare)
    {
        double[] loading = new double[rounds], whole = new double[rounds];
        for (int i = -1; i < rounds; i++)
        {
            prepare();
            long start = Stopwatch.GetTimestamp();
            using SensoriumRuntime runtime = SensoriumRuntime.Load(model);
            double loaded = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await AnswerAsync(runtime, runtime.System.Tokenizer.EncodeIds(Words(16), addSpecialTokens: false)[..16], 1).ConfigureAwait(false);
            if (i >= 0)
            {
                (loading[i], whole[i]) = (loaded, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"load to first token of a 16-token prompt, {what}: {Median(whole):F0} ms, of which loading {Median(loading):F0} ms (medians of {rounds}; best {whole.Min():F0} ms)");
    }

    /// <summary>A prompt of 1,000 tokens asked a second time, against the time of a step.</summary>
    public static async Task<string> CachedPrefixAsync(string model, int rounds)
    {
        using SensoriumRuntime runtime = SensoriumRuntime.Load(model);
        int[] prompt = runtime.System.Tokenizer.EncodeIds(Words(2 * LongPrompt), addSpecialTokens: false)[..LongPrompt];
        double[] first = new double[rounds], steps = new double[rounds];
        await AnswerAsync(runtime, prompt, 2).ConfigureAwait(false);
        for (int i = 0; i < rounds; i++)
        {
            double[] times = await AnswerAsync(runtime, prompt, Steps).ConfigureAwait(false);
            first[i] = times[0];
            steps[i] = (times[^1] - times[0]) / (Steps - 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"first token of a cached prompt of {LongPrompt} tokens: {Median(first):F1} ms, a decode step {Median(steps):F1} ms, ratio {Median([.. first.Zip(steps, (f, s) => f / s)]):F2}");
    }

    /// <summary>When each token came, in milliseconds after the request.</summary>
    static async Task<double[]> AnswerAsync(SensoriumRuntime runtime, int[] prompt, int tokens)
    {
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        await using Generation generation = runtime.Engine.Submit(
            runtime.System, new GenerationRequest { Prompt = [PromptSpan.Of(prompt)], Sampling = new SamplingOptions(), MaxNewTokens = tokens });
        await foreach (int _ in generation.ReadAllAsync(default).ConfigureAwait(false))
        {
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return [.. times];
    }

    static string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => i % 3 == 0 ? "river" : i % 3 == 1 ? "stone" : "light"));

    static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
