using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Inference;
using Sensorium.Models.Backbones;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

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
            return kind switch
            {
                "lm" => LanguageModel(bundle, model, session.SystemAt(path), session),
                "t5" => SourceModel(bundle, model, session.SystemAt(path), session),
                "enc" => Encoder(bundle, model, session.Model(path), path, session),
                _ => [Skipped(model.Name, $"models of the kind '{kind}' are not built yet")],
            };
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
                model.Name, system, GenerationRequest.Of(prompt), JsonIds.Of(model.Value.GetProperty("greedy_exact")), model.Value.GetProperty("greedy_margin_exact"), allowed, session);
        }

        if (model.Value.TryGetProperty("tokenizer_cases", out JsonElement cases))
        {
            yield return GgufModelSteps.Tokenizer(model.Name, cases, system.Tokenizer);
        }
    }

    /// <summary>An encoder–decoder: the encoder's output, the logits of given decoder tokens, and what follows these.</summary>
    static IEnumerable<CheckRow> SourceModel(Bundle bundle, JsonProperty model, LanguageSystem system, VerifySession session)
    {
        var backbone = (EncoderDecoder)system.Backbone;
        int[] source = JsonIds.Of(model.Value.GetProperty("encoder_ids"));
        int[] answer = JsonIds.Of(model.Value.GetProperty("decoder_ids"));
        double allowed = model.Value.GetProperty("tolerance").GetProperty("engine_vs_exact_abs").GetDouble();
        string expected = model.Value.GetProperty("expected").GetString()!;
        Compute c = session.Compute;
        c.Reset();
        Tensor encoded = EncoderDecoderForward.Encode(c, backbone, [source], out Plan plan);
        yield return FieldChecks.Row(model.Name, "enc", c.Values(encoded), bundle.Tensor(expected, "enc.exact"), new Tolerance(allowed, 0), session.Judge);
        Tensor decoded = EncoderDecoderForward.Decode(c, backbone, encoded, plan, [answer]);
        yield return FieldChecks.Row(model.Name, "logits", c.Values(backbone.Logits(c, decoded)), bundle.Tensor(expected, "logits.exact"), new Tolerance(allowed, 0), session.Judge);
        if (session.Judge)
        {
            yield return GgufModelSteps.Greedy(
                model.Name, system, GenerationRequest.Of(source) with { AnswerStart = answer }, JsonIds.Of(model.Value.GetProperty("greedy_exact")),
                model.Value.GetProperty("greedy_margin_exact"), allowed, session);
        }

        if (model.Value.TryGetProperty("tokenizer_cases", out JsonElement cases))
        {
            yield return GgufModelSteps.Tokenizer(model.Name, cases, system.Tokenizer);
        }
    }

    /// <summary>An encoder's rows, the vectors that poolings make of them, and its tokenizer's ids.</summary>
    static IEnumerable<CheckRow> Encoder(Bundle bundle, JsonProperty model, ModelPart part, string path, VerifySession session)
    {
        var bert = (Bert)part.Model;
        int[] ids = JsonIds.Of(model.Value.GetProperty("prompt_ids"));
        string expected = model.Value.GetProperty("expected").GetString()!;
        var allowed = new Tolerance(model.Value.GetProperty("tolerance").GetProperty("engine_vs_exact_abs").GetDouble(), 0);
        Compute c = session.Compute;
        c.Reset();
        Tensor rows = bert.Forward(c, ids, [], bert.Plan([ids]));
        yield return Row("embd", rows);
        yield return Row("pooled_mean_l2", UnitLength.Of(c, new Pooling(PoolingKind.Mean).Forward(c, rows, [ids.Length])));
        yield return Row("pooled_cls_l2", UnitLength.Of(c, new Pooling(PoolingKind.First).Forward(c, rows, [ids.Length])));
        EmbeddingSystem system = session.EmbeddingsAt(path);
        c.Reset();
        yield return Row(part.Files.Config.IntOr("pooling_type", 1, least: 0) == 2 ? "pooled_cls_l2" : "pooled_mean_l2", system.EmbedTexts(c, [ids]), "pooling_type");
        if (model.Value.TryGetProperty("tokenizer_cases", out JsonElement cases))
        {
            using ModelFiles files = ModelFiles.Open(path);
            yield return GgufModelSteps.Tokenizer(model.Name, cases, files.ReadTokenizer() ?? throw new SkipException("the file has no vocabulary"));
        }

        CheckRow Row(string field, Tensor values, string? name = null)
        {
            Values exact = bundle.Tensor(expected, field + ".exact");
            return FieldChecks.Row(model.Name, name ?? field, ExpectedShapes.Rows(c.Values(values), exact.Shape), exact, allowed, session.Judge);
        }
    }

    static CheckRow Skipped(string name, string why) => new(name, "", Verdict.Skipped) { Detail = why };
}
