using System.Text;
using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Inference;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>generate</c>: greedy decoding by the engine; the rows of a batch run together.</summary>
sealed class GenerateCheck : ICheckKind
{
    public string Kind => "generate";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        LanguageSystem system = SystemOf(session.Model(check).Model, check, session, out IReadOnlyList<PromptSpan>[] prompts);
        int[][]? starts = check.HasInput("decoder_input_ids") ? BackboneForward.Sequences(check, "decoder_input_ids", "decoder_attention_mask") : null;
        SamplingOptions sampling = Sampling(check);
        IReadOnlyList<int>? ends = check.Json.TryGetProperty("eos_token_id", out JsonElement eos) ? JsonIds.Of(eos) : null;
        Task<List<int>>[] answers =
        [
            .. prompts.Select((prompt, row) => CollectAsync(session.Engine.Submit(
                system, new GenerationRequest { Prompt = prompt, MaxNewTokens = check.Whole("max_new_tokens"), Sampling = sampling, EndIds = ends, AnswerStart = starts?[row] }))),
        ];
        JsonElement expected = check.Json.GetProperty("expected_ids");
        bool isBatch = expected.EnumerateArray().FirstOrDefault().ValueKind == JsonValueKind.Array;
        for (int row = 0; row < answers.Length; row++)
        {
            int[] ids = JsonIds.Of(isBatch ? expected[row] : expected);
            yield return FieldChecks.Sequence(check.Name, isBatch ? $"ids[{row}]" : "ids", answers[row].GetAwaiter().GetResult(), ids, session.Judge);
        }
    }

    /// <summary>All ids of an answer.</summary>
    public static async Task<List<int>> CollectAsync(Generation generation)
    {
        var ids = new List<int>();
        await foreach (int id in generation.ReadAllAsync().ConfigureAwait(false))
        {
            ids.Add(id);
        }

        return ids;
    }

    /// <summary>
    /// A model that is spoken to in ids, and shown pixels where it sees: most bundles have no tokenizer, and the engine needs
    /// none. And the prompts that the check's inputs make.
    /// </summary>
    public static LanguageSystem SystemOf(object model, Check check, VerifySession session, out IReadOnlyList<PromptSpan>[] prompts)
    {
        ModelFiles files = session.Model(check).Files;
        int[][] rows = BackboneForward.Sequences(check);
        switch (model)
        {
            case Backbone backbone:
                prompts = [.. rows.Select(ids => new[] { PromptSpan.Of(ids) })];
                return new TextSystem { Name = files.Name, Backbone = backbone, Tokenizer = NoTokenizer, Generation = files.ReadGeneration(null), Identity = files.Path };
            case Llava llava:
                var system = new PixelSystem(llava, check.HasInput("pixel_values") ? check.Input("pixel_values") : null)
                {
                    Name = files.Name,
                    Backbone = llava.Language,
                    Tokenizer = NoTokenizer,
                    Generation = files.ReadGeneration(null),
                    Identity = $"{files.Path}: {check.Name}",
                };
                prompts = [.. system.Prompts(rows)];
                return system;
            default:
                throw new SkipException($"generation by {model.GetType().Name} is not built yet");
        }
    }

    static Tokenizer NoTokenizer => Tokenizer.FromJson(Encoding.UTF8.GetBytes("""{"model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}}"""), "no tokenizer");

    static SamplingOptions Sampling(Check check)
    {
        var options = new SamplingOptions();
        if (!check.Json.TryGetProperty("logits_processors", out JsonElement processors))
        {
            return options;
        }

        foreach (JsonProperty processor in processors.EnumerateObject())
        {
            options = processor.Name switch
            {
                "repetition_penalty" => options with { RepetitionPenalty = processor.Value.GetSingle() },
                "no_repeat_ngram_size" => options with { NoRepeatNgramSize = processor.Value.GetInt32() },
                _ => throw new SkipException($"the logits processor '{processor.Name}' is not built yet"),
            };
        }

        return options;
    }
}
