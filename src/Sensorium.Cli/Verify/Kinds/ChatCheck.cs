using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Inference;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>
/// <c>chat</c>: the prompt that the model's template and tokenizer make of messages, then the answer: by the engine up to
/// the first step that rounding may flip, and with the expected answer given step by step (teacher forcing).
/// </summary>
sealed class ChatCheck : ICheckKind
{
    // What the bundles' notes allow to an engine that computes the dequantised weights in float32.
    const double ExactFloor = 0.01;

    public string Kind => "chat";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        LanguageSystem system = session.System(check);
        IReadOnlyList<PromptSpan> prompt = system.Prompt([.. check.Json.GetProperty("messages").EnumerateArray().Select(m => MessageOf(m, check))]);
        yield return FieldChecks.Sequence(check.Name, "prompt", Describe(prompt, system.PicturePlaceholder), Expected(check), judge: true);

        int[] expected = JsonIds.Of(check.Json.GetProperty("expected_ids"));
        double floor = session.Options.Fast ? check.Number("margin_floor", 0.1) : Math.Min(ExactFloor, check.Number("margin_floor", ExactFloor));
        double[] margins = check.Json.TryGetProperty("margins", out JsonElement list) ? [.. list.EnumerateArray().Select(m => m.GetDouble())] : [.. expected.Select(_ => double.PositiveInfinity)];
        int[] best = PromptPass.Best(system, session.Compute, [.. prompt, PromptSpan.Of(expected[..^1])], expected.Length);

        // A step that rounding may flip counts as met.
        int[] forced = [.. best.Select((id, step) => margins[step] < floor ? expected[step] : id)];
        yield return FieldChecks.Sequence(check.Name, "forced", forced, expected, judge: true);

        List<int> free = GenerateCheck.CollectAsync(session.Engine.Submit(system, new GenerationRequest { Prompt = prompt, MaxNewTokens = expected.Length })).GetAwaiter().GetResult();
        int sure = Array.FindIndex(margins, m => m < floor) is var first and >= 0 ? first : expected.Length;
        yield return FieldChecks.Sequence(check.Name, "ids", [.. free.Take(sure)], expected[..sure], judge: true);
        if (sure == expected.Length && check.Text("expected_text") is { } text)
        {
            yield return FieldChecks.Text(check.Name, "text", system.Tokenizer.Decode(free.ToArray(), skipSpecialTokens: true), text, judge: true);
        }
    }

    static Message MessageOf(JsonElement json, Check check)
    {
        string role = json.GetProperty("role").GetString()!;
        JsonElement content = json.GetProperty("content");
        return content.ValueKind == JsonValueKind.String
            ? new Message(role, content.GetString()!)
            : new Message(role, [.. content.EnumerateArray().Select(part => PartOf(part, check))]);
    }

    static ContentPart PartOf(JsonElement json, Check check) => json.GetProperty("type").GetString() switch
    {
        "text" => new ContentPart.Text(json.GetProperty("text").GetString()!),
        "image" => new ContentPart.Image(Picture.FromFile(check.Find(json.GetProperty("image").GetString()!))),
        string other => throw new SkipException($"content of type '{other}' is not built yet"),
        null => throw new FormatException("content without a type"),
    };

    /// <summary>Ids; for a picture the id that stands for it, as often as it has soft tokens, or where there is none their number.</summary>
    static List<string> Describe(IReadOnlyList<PromptSpan> prompt, int? placeholder) =>
    [
        .. prompt.SelectMany(span => span.Picture is not { } picture ? span.Ids.Select(Number)
            : placeholder is { } id ? Enumerable.Repeat(Number(id), span.Length)
            : [$"{Path.GetFileName(picture.Name)}: {span.Length}"]),
    ];

    static string Number(int id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    static List<string> Expected(Check check)
    {
        if (check.Json.TryGetProperty("expected_prompt_ids", out JsonElement ids))
        {
            return [.. ids.EnumerateArray().Select(id => id.ToString())];
        }

        return
        [
            .. check.Json.GetProperty("expected_spans").EnumerateArray().SelectMany(span =>
                span.TryGetProperty("ids", out JsonElement own)
                    ? own.EnumerateArray().Select(id => id.ToString())
                    : [$"{span.GetProperty("image").GetString()}: {span.GetProperty("soft_tokens").GetInt32()}"]),
        ];
    }
}
