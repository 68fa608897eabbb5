using System.Text;
using System.Text.Json;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Runs the cases of a <c>tokenize</c> check and collects what differs.</summary>
internal static class TokenizeCases
{
    public static void Run(string name, Tokenizer tokenizer, JsonElement check, List<string> failures)
    {
        int index = 0;
        foreach (var item in check.GetProperty("cases").EnumerateArray())
        {
            string at = $"{name}[{index++}]";
            try
            {
                One(at, tokenizer, check, item, failures);
            }
            catch (TokenizerException e)
            {
                failures.Add($"{at}: {e.Message}");
            }
        }
    }

    static JsonElement? Option(JsonElement check, JsonElement item, string key)
    {
        if (item.TryGetProperty("options", out var own) && own.TryGetProperty(key, out var value)) return value;
        if (check.TryGetProperty("options", out var shared) && shared.ValueKind == JsonValueKind.Object && shared.TryGetProperty(key, out value)) return value;
        return null;
    }

    static void One(string at, Tokenizer tokenizer, JsonElement check, JsonElement item, List<string> failures)
    {
        int[] expected = SharedData.Ints(item.GetProperty("ids"));
        if (item.TryGetProperty("text", out var text))
        {
            var options = Options(tokenizer, check, item, out bool special);
            string? pair = item.TryGetProperty("pair", out var second) ? second.GetString() : null;
            var encoding = tokenizer.Encode(text.GetString()!, pair, options);
            if (item.TryGetProperty("normalized", out var normalized)) Same(at + " normalized", normalized.GetString()!, tokenizer.Trace(text.GetString()!).Normalized, failures);
            if (item.TryGetProperty("pre_tokens", out var pieces)) Same(at + " pre_tokens", PreTokens(pieces), string.Join(" ", tokenizer.Trace(text.GetString()!).PreTokens), failures);
            Same(at + $" ids of {text}", Join(expected), Join(encoding.Ids), failures);
            if (pair is null && options.Truncation is null && options.Padding is null)
            {
                Same(at + " ids only", Join(expected), Join(tokenizer.EncodeIds(text.GetString()!, special, options.ParseSpecialTokens)), failures);
            }
            if (item.TryGetProperty("offsets", out var offsets)) Same(at + $" offsets of {text}", Pairs(offsets), string.Join(" ", encoding.Offsets), failures);
            foreach (var (key, actual) in (ReadOnlySpan<(string, IReadOnlyList<int>)>)[("type_ids", encoding.TypeIds), ("attention_mask", encoding.AttentionMask), ("special_tokens_mask", encoding.SpecialTokensMask)])
            {
                if (item.TryGetProperty(key, out var values)) Same($"{at} {key}", Join(SharedData.Ints(values)), Join(actual), failures);
            }
            foreach (string key in (string[])["tokens", "pieces"])
            {
                if (item.TryGetProperty(key, out var tokens) && !encoding.Ids.Contains(tokenizer.Special.Unknown ?? -1))
                {
                    Same($"{at} {key}", string.Join("|", tokens.EnumerateArray().Select(x => Shown(x.GetString()!))), string.Join("|", encoding.Tokens.Select(Shown)), failures);
                }
            }
            if (item.TryGetProperty("overflowing", out var windows))
            {
                Same(at + " overflowing", string.Join("; ", windows.EnumerateArray().Select(w => Join(SharedData.Ints(w.GetProperty("ids"))))), string.Join("; ", encoding.Overflowing.Select(w => Join(w.Ids))), failures);
            }
        }
        foreach (var (key, skip) in (ReadOnlySpan<(string, bool)>)[("decoded", false), ("decoded_without_special", true)])
        {
            if (!item.TryGetProperty(key, out var decoded)) continue;
            Same($"{at} {key}", decoded.GetString()!, tokenizer.Decode(expected, skip), failures);
            var stream = tokenizer.CreateStreamingDecoder(skip);
            var streamed = new StringBuilder();
            foreach (int id in expected) streamed.Append(stream.Append(id));
            streamed.Append(stream.Flush());
            Same($"{at} {key} streamed", decoded.GetString()!, streamed.ToString(), failures);
        }
    }

    // The reference shows the white space that an added token took along; ours shows the token.
    static string Shown(string token) => token.Trim(' ');

    static EncodeOptions Options(Tokenizer tokenizer, JsonElement check, JsonElement item, out bool special)
    {
        special = Option(check, item, "add_special_tokens")?.GetBoolean() ?? true;
        bool parse = !(Option(check, item, "split_special_tokens")?.GetBoolean() ?? false);
        if (Option(check, item, "allow_special") is { } allow) parse = allow.GetBoolean();
        Truncation? truncation = null;
        if (Option(check, item, "max_length") is { } max)
        {
            truncation = new(max.GetInt32(),
                Option(check, item, "truncation")?.GetString() switch { "only_first" => TruncationStrategy.OnlyFirst, "only_second" => TruncationStrategy.OnlySecond, _ => TruncationStrategy.LongestFirst },
                Option(check, item, "truncation_side")?.GetString() is "left" ? TextSide.Left : TextSide.Right,
                Option(check, item, "stride")?.GetInt32() ?? 0);
        }
        Padding? padding = null;
        int padTo = Option(check, item, "pad_to")?.GetInt32() ?? 0, multiple = Option(check, item, "pad_to_multiple_of")?.GetInt32() ?? 0;
        if (padTo > 0 || multiple > 0)
        {
            int id = tokenizer.IdOf("[PAD]") ?? tokenizer.IdOf("<pad>") ?? 0;
            padding = new(padTo, multiple, Option(check, item, "padding_side")?.GetString() is "left" ? TextSide.Left : TextSide.Right, id, 0, tokenizer.TokenOf(id) ?? "[PAD]");
        }
        if (Option(check, item, "as_stored")?.GetBoolean() ?? false) (truncation, padding) = (tokenizer.StoredTruncation, tokenizer.StoredPadding);
        return new() { AddSpecialTokens = special, ParseSpecialTokens = parse, Truncation = truncation, Padding = padding, ReturnOverflowing = true };
    }

    static string Join(IEnumerable<int> ids) => string.Join(" ", ids);

    static string Pairs(JsonElement array) => string.Join(" ", array.EnumerateArray().Select(x => (x[0].GetInt32(), x[1].GetInt32())));

    static string PreTokens(JsonElement array) => string.Join(" ", array.EnumerateArray().Select(x => (x[0].GetString(), x[1][0].GetInt32(), x[1][1].GetInt32())));

    static void Same(string what, string expected, string actual, List<string> failures)
    {
        if (!string.Equals(expected, actual, StringComparison.Ordinal)) failures.Add($"{what}\n    expected {expected}\n    actual   {actual}");
    }
}
