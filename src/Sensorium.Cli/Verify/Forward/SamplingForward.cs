using System.Text.Json;
using Sensorium.Inference.Sampling;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A chain of sampler steps from logits to probabilities.</summary>
static class SamplingForward
{
    public static IEnumerable<CheckRow> Run(Check check)
    {
        Values logits = check.Input("logits");
        Values ids = check.Input("input_ids");
        SamplerStep[] steps = [.. check.Json.GetProperty("steps").EnumerateArray().Select(Step)];
        var probabilities = new double[logits.Count];
        for (int row = 0; row < logits.Shape[0]; row++)
        {
            float[] own = Array.ConvertAll(logits.Row(row), v => (float)v);
            var sampler = new Sampler(steps, greedy: false, seed: 0);
            sampler.Apply(own, Array.ConvertAll(ids.Row(row), v => (int)v), check.Whole("prompt_length"));
            Softmax(own).CopyTo(probabilities, row * own.Length);
        }

        var probs = new Values(probabilities, logits.Shape);
        var kept = new Values(Array.ConvertAll(probabilities, p => p > 0 ? 1.0 : 0.0), logits.Shape, IsInteger: true);
        return FieldChecks.Compare(check, field => field switch { "probs" => probs, "kept" => kept, _ => null }, judge: true);
    }

    static double[] Softmax(float[] logits)
    {
        double best = logits.Max();
        double[] values = Array.ConvertAll(logits, l => Math.Exp(l - best));
        double sum = values.Sum();
        return Array.ConvertAll(values, v => v / sum);
    }

    static SamplerStep Step(JsonElement json)
    {
        JsonProperty step = json.EnumerateObject().First();
        JsonElement value = step.Value;
        return step.Name switch
        {
            "temperature" => new Temperature(value.GetSingle()),
            "top_k" => new TopK(value.GetInt32()),
            "top_p" => new TopP(value.GetSingle()),
            "min_p" => new MinP(value.GetSingle()),
            "typical_p" => new TypicalP(value.GetSingle()),
            "epsilon_cutoff" => new EpsilonCutoff(value.GetSingle()),
            "eta_cutoff" => new EtaCutoff(value.GetSingle()),
            "repetition_penalty" => new RepetitionPenalty(value.GetSingle()),
            "presence_penalty" => new PresencePenalty(value.GetSingle()),
            "frequency_penalty" => new FrequencyPenalty(value.GetSingle()),
            "no_repeat_ngram_size" => new NoRepeatNgram(value.GetInt32()),
            "min_new_tokens" => new MinNewTokens(value.GetProperty("count").GetInt32(), JsonIds.Of(value.GetProperty("eos_token_id"))),
            "bad_words" => new BadWords([.. value.EnumerateArray().Select(JsonIds.Of)]),
            "sequence_bias" => new SequenceBias([.. value.EnumerateArray().Select(pair => (JsonIds.Of(pair[0]), pair[1].GetSingle()))]),
            "suppress_tokens" => new SuppressTokens(JsonIds.Of(value)),
            _ => throw new SkipException($"the sampler step '{step.Name}' is not built yet"),
        };
    }
}

/// <summary>Token ids in JSON.</summary>
static class JsonIds
{
    /// <summary>A list of ids, or a single one.</summary>
    public static int[] Of(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number ? [json.GetInt32()] : [.. json.EnumerateArray().Select(id => id.GetInt32())];
}
