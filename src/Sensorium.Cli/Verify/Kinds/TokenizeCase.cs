using System.Globalization;
using System.Text;
using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>One case of a <c>tokenize</c> check: a text or a pair with its ids, offsets, masks and windows, and what ids decode to.</summary>
sealed class TokenizeCase(Tokenizer tokenizer, JsonElement check, JsonElement one)
{
    /// <summary>The first thing that is different, or null.</summary>
    public string? Difference()
    {
        int[] expected = JsonIds.Of(one.GetProperty("ids"));
        return (one.TryGetProperty("text", out JsonElement text) ? OfText(text.GetString()!, expected) : null)
            ?? OfDecoding("decoded", expected, skipSpecial: false)
            ?? OfDecoding("decoded_without_special", expected, skipSpecial: true)
            ?? OfDecoding("decoded_skip_special", expected, skipSpecial: true);
    }

    string? OfText(string text, int[] expected)
    {
        EncodeOptions options = Options();
        string? pair = one.TryGetProperty("pair", out JsonElement second) ? second.GetString() : null;
        TokenEncoding encoding = tokenizer.Encode(text, pair, options);
        bool plain = pair is null && options.Truncation is null && options.Padding is null;
        return OfSteps(text)
            ?? First("ids", encoding.Ids, expected)
            ?? (plain ? First("ids alone", tokenizer.EncodeIds(text, options.AddSpecialTokens, options.ParseSpecialTokens), expected) : null)
            ?? Field("offsets", json => First("offsets", encoding.Offsets, [.. json.EnumerateArray().Select(Pair)]))
            ?? Ids("type_ids", encoding.TypeIds)
            ?? Ids("attention_mask", encoding.AttentionMask)
            ?? Ids("special_tokens_mask", encoding.SpecialTokensMask)
            ?? Tokens("tokens", encoding)
            ?? Tokens("pieces", encoding)
            ?? Field("overflowing", json => Windows(encoding, json));
    }

    /// <summary>What the normalizer and the pre-tokenizer made of the text, to see which part differs.</summary>
    string? OfSteps(string text)
    {
        bool normalized = one.TryGetProperty("normalized", out _), cut = one.TryGetProperty("pre_tokens", out _);
        if (!normalized && !cut)
        {
            return null;
        }

        TokenizerTrace trace = tokenizer.Trace(text);
        return Field("normalized", json => First("normalized", trace.Normalized.ToCharArray(), json.GetString()!.ToCharArray()))
            ?? Field("pre_tokens", json => First("pre_tokens", trace.PreTokens, [.. json.EnumerateArray().Select(p => new PreToken(p[0].GetString()!, p[1][0].GetInt32(), p[1][1].GetInt32()))]));
    }

    string? OfDecoding(string key, int[] ids, bool skipSpecial) => Field(key, json =>
    {
        string expected = json.GetString()!;
        StreamingDecoder stream = tokenizer.CreateStreamingDecoder(skipSpecial);
        var streamed = new StringBuilder();
        foreach (int id in ids)
        {
            streamed.Append(stream.Append(id));
        }

        streamed.Append(stream.Flush());
        return Same(key, tokenizer.Decode(ids, skipSpecial), expected) ?? Same(key + " streamed", streamed.ToString(), expected);
    });

    string? Field(string key, Func<JsonElement, string?> difference) => one.TryGetProperty(key, out JsonElement json) ? difference(json) : null;

    string? Ids(string key, IReadOnlyList<int> actual) => Field(key, json => First(key, actual, JsonIds.Of(json)));

    // The reference shows what an unknown token stood for, and the white space that an added token took along; here the token itself is shown.
    string? Tokens(string key, TokenEncoding encoding) => encoding.Ids.Contains(tokenizer.Special.Unknown ?? -1)
        ? null
        : Field(key, json => First(key, [.. encoding.Tokens.Select(t => t.Trim(' '))], [.. json.EnumerateArray().Select(t => t.GetString()!.Trim(' '))]));

    static string? Windows(TokenEncoding encoding, JsonElement json)
    {
        JsonElement[] windows = [.. json.EnumerateArray()];
        return First("number of windows", [encoding.Overflowing.Count], [windows.Length])
            ?? windows.Select((window, i) => First(string.Create(CultureInfo.InvariantCulture, $"window {i}"), encoding.Overflowing[i].Ids, JsonIds.Of(window.GetProperty("ids")))).FirstOrDefault(d => d is not null);
    }

    static (int Start, int End) Pair(JsonElement json) => (json[0].GetInt32(), json[1].GetInt32());

    static string? First<T>(string what, IReadOnlyList<T> actual, IReadOnlyList<T> expected)
    {
        int same = 0;
        while (same < actual.Count && same < expected.Count && EqualityComparer<T>.Default.Equals(actual[same], expected[same]))
        {
            same++;
        }

        return same == actual.Count && same == expected.Count
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{what} at {same}: {At(actual, same)}, expected {At(expected, same)}");
    }

    static string At<T>(IReadOnlyList<T> list, int index) => index < list.Count ? list[index]!.ToString()! : "the end";

    static string? Same(string what, string actual, string expected) =>
        string.Equals(actual, expected, StringComparison.Ordinal) ? null : $"{what} is '{actual}', expected '{expected}'";

    JsonElement? Option(string key)
    {
        foreach (JsonElement place in (JsonElement[])[one, check])
        {
            if (place.TryGetProperty("options", out JsonElement options) && options.ValueKind == JsonValueKind.Object && options.TryGetProperty(key, out JsonElement value))
            {
                return value;
            }
        }

        // As transformers' tokenizers are called: beside the text.
        return one.TryGetProperty(key, out JsonElement beside) ? beside : null;
    }

    bool Flag(string key, bool missing) => Option(key)?.GetBoolean() ?? missing;

    int Whole(string key) => Option(key)?.GetInt32() ?? 0;

    TextSide Side(string key) => Option(key)?.GetString() is "left" ? TextSide.Left : TextSide.Right;

    EncodeOptions Options()
    {
        bool stored = Flag("as_stored", missing: false);
        return new EncodeOptions
        {
            AddSpecialTokens = Flag("add_special_tokens", missing: true),
            ParseSpecialTokens = Option("allow_special")?.GetBoolean() ?? !Flag("split_special_tokens", missing: false),
            Truncation = stored ? tokenizer.StoredTruncation : Cut(),
            Padding = stored ? tokenizer.StoredPadding : Fill(),
            ReturnOverflowing = true,
        };
    }

    Truncation? Cut() => Option("max_length") is not { } max
        ? null
        : new Truncation(
            max.GetInt32(),
            Option("truncation")?.ToString() switch
            {
                "only_first" => TruncationStrategy.OnlyFirst,
                "only_second" => TruncationStrategy.OnlySecond,
                _ => TruncationStrategy.LongestFirst,
            },
            Side("truncation_side"),
            Whole("stride"));

    Padding? Fill()
    {
        (int length, int multiple) = (Option("padding")?.ToString() is "max_length" ? Whole("max_length") : Whole("pad_to"), Whole("pad_to_multiple_of"));
        if (length <= 0 && multiple <= 0)
        {
            return null;
        }

        int id = tokenizer.Special.Pad ?? tokenizer.IdOf("[PAD]") ?? tokenizer.IdOf("<pad>") ?? 0;
        return new Padding(length, multiple, Side("padding_side"), id, 0, tokenizer.TokenOf(id) ?? "[PAD]");
    }
}
