using Sensorium.Text.Tokenizers.PostProcessors;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json and what stands beside it.</summary>
internal static class TokenizerJson
{
    public static TokenizerParts Read(ReadOnlyMemory<byte> json, string file, ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> specialTokensMap)
    {
        try
        {
            return ReadChecked(json, file, config, specialTokensMap);
        }
        catch (InvalidOperationException e)
        {
            // The JSON reader's word for a key or string that is no Unicode.
            throw new TokenizerException(file, "", $"a key or string is not valid Unicode: {e.Message}", e);
        }
    }

    static TokenizerParts ReadChecked(ReadOnlyMemory<byte> json, string file, ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> specialTokensMap)
    {
        var root = ModelJson.Read(json.Span, file);
        var model = ModelReader.Read(root);
        var added = ReadAdded(root["added_tokens"]);
        var idOf = SpecialTokensReader.Finder(added, model.Vocabulary);
        var parts = new TokenizerParts
        {
            File = file,
            Model = model,
            Normalizer = NormalizerReader.Read(root["normalizer"]),
            PreTokenizer = PreTokenizerReader.Read(root["pre_tokenizer"]),
            PostProcessor = PostProcessorReader.Read(root["post_processor"]),
            Decoder = DecoderReader.Read(root["decoder"]),
            AddedTokens = added,
            Truncation = ReadTruncation(root["truncation"]),
            Padding = ReadPadding(root["padding"]),
        };
        return SpecialTokensReader.Complete(parts, idOf, TokenizerSettings.Read(config, specialTokensMap));
    }

    static List<AddedToken> ReadAdded(JsonAt at)
    {
        var tokens = new List<AddedToken>();
        var seen = new Dictionary<int, string>();
        foreach (var item in at.Items())
        {
            bool special = item["special"].Bool(false);
            var token = new AddedToken(
                item["id"].Int(), item["content"].String(), special, item["normalized"].Bool(!special),
                item["single_word"].Bool(false), item["lstrip"].Bool(false), item["rstrip"].Bool(false));
            if (token.Id is < 0 or > 100_000_000) throw item["id"].Error($"{token.Id} is no token id");
            if (!seen.TryAdd(token.Id, token.Content)) throw item["id"].Error($"id {token.Id} belongs to '{Models.Vocabulary.Shorten(seen[token.Id])}' already");
            tokens.Add(token);
        }
        return tokens;
    }

    static Truncation? ReadTruncation(JsonAt at)
    {
        if (at.IsNull) return null;
        return new(at["max_length"].Int(), Strategy(at["strategy"]), Side(at["direction"]), at["stride"].Int(0));
    }

    static TruncationStrategy Strategy(JsonAt at) => at.String("LongestFirst") switch
    {
        "LongestFirst" => TruncationStrategy.LongestFirst,
        "OnlyFirst" => TruncationStrategy.OnlyFirst,
        "OnlySecond" => TruncationStrategy.OnlySecond,
        var other => throw at.Error($"'{other}' is none of LongestFirst, OnlyFirst, OnlySecond"),
    };

    static TextSide Side(JsonAt at) => at.String("Right") switch
    {
        "Right" => TextSide.Right,
        "Left" => TextSide.Left,
        var other => throw at.Error($"'{other}' is neither Left nor Right"),
    };

    static Padding? ReadPadding(JsonAt at)
    {
        if (at.IsNull) return null;
        var strategy = at["strategy"];
        int length = strategy.IsObject ? strategy["Fixed"].Int() : 0;
        if (length is < 0 or > 10_000_000) throw strategy.Error($"{length} is no length to pad to");
        return new(length, at["pad_to_multiple_of"].Int(0), Side(at["direction"]), at["pad_id"].Int(0), at["pad_type_id"].Int(0), at["pad_token"].String("[PAD]"));
    }
}
