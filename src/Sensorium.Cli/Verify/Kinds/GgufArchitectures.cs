using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>
/// The bundle <c>gguf-archs</c>: a small model of each architecture as llama.cpp's converter spells it. Logits equal those
/// of the weights in float64.
/// </summary>
sealed class GgufArchitectures : IBundleKind
{
    public string Name => "gguf-archs";

    public IEnumerable<CheckRow> Run(Bundle bundle, VerifySession session)
    {
        foreach (JsonProperty model in bundle.Json.GetProperty("models").EnumerateObject())
        {
            if (session.Options.Filter is { } filter && !Name.Contains(filter, StringComparison.OrdinalIgnoreCase) && !model.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (CheckRow row in Model(bundle, model, session))
            {
                yield return row;
            }
        }
    }

    static IEnumerable<CheckRow> Model(Bundle bundle, JsonProperty model, VerifySession session)
    {
        string file = model.Value.GetProperty("model").GetString()!;
        if (bundle.Find(file) is not { } path)
        {
            return [Skipped(model.Name, $"{file} is not there")];
        }

        string kind = model.Value.GetProperty("kind").GetString()!;
        try
        {
            return kind == "lm" ? LanguageModel(bundle, model, session.SystemAt(path), session) : [Skipped(model.Name, $"models of the kind '{kind}' are not built yet")];
        }
        catch (SkipException skip)
        {
            return [Skipped(model.Name, skip.Message)];
        }
    }

    static IEnumerable<CheckRow> LanguageModel(Bundle bundle, JsonProperty model, LanguageSystem system, VerifySession session)
    {
        int[] prompt = JsonIds.Of(model.Value.GetProperty("prompt_ids"));
        double allowed = model.Value.GetProperty("tolerance").GetProperty("engine_vs_exact_abs").GetDouble();
        Values exact = bundle.Tensor(model.Value.GetProperty("expected").GetString()!, "logits.exact");
        yield return FieldChecks.Row(model.Name, "logits", GgufModelSteps.Logits(system, session.Compute, prompt), exact, new Tolerance(allowed, 0), session.Judge);
        if (session.Judge)
        {
            yield return GgufModelSteps.Greedy(
                model.Name, system, prompt, JsonIds.Of(model.Value.GetProperty("greedy_exact")), model.Value.GetProperty("greedy_margin_exact"), allowed, session);
        }

        if (model.Value.TryGetProperty("tokenizer_cases", out JsonElement cases))
        {
            yield return GgufModelSteps.Tokenizer(model.Name, cases, system);
        }
    }

    static CheckRow Skipped(string name, string why) => new(name, "", Verdict.Skipped) { Detail = why };
}
