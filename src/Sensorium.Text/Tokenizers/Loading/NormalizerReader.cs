using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    public static Normalizer? Read(JsonAt at)
    {
        if (at.IsNull) return null;
        string type = at["type"].String();
        return type switch
        {
            "Sequence" => new SequenceNormalizer([.. at["normalizers"].Steps().Select(x => Read(x) ?? throw x.Error("is null"))]),
            "NFC" => new UnicodeNormalizer(true, false),
            "NFD" => new UnicodeNormalizer(false, false),
            "NFKC" => new UnicodeNormalizer(true, true),
            "NFKD" => new UnicodeNormalizer(false, true),
            "Lowercase" => new LowercaseNormalizer(),
            "Strip" => new StripNormalizer(at["strip_left"].Bool(true), at["strip_right"].Bool(true)),
            "StripAccents" => new StripAccentsNormalizer(),
            "Replace" => new ReplaceNormalizer(PatternReader.Read(at["pattern"]), CodePoints.FromString(at["content"].String())),
            "Prepend" => new PrependNormalizer(CodePoints.FromString(at["prepend"].String())),
            "ByteLevel" => new ByteLevelNormalizer(),
            "Nmt" => new NmtNormalizer(),
            "Precompiled" => Precompiled(at["precompiled_charsmap"]),
            "BertNormalizer" => new BertNormalizer(at["clean_text"].Bool(true), at["handle_chinese_chars"].Bool(true), at["strip_accents"].Bool(), at["lowercase"].Bool(true)),
            _ => throw at["type"].Error($"the normalizer '{type}' is not supported"),
        };
    }

    static PrecompiledNormalizer? Precompiled(JsonAt at)
    {
        if (at.IsNull) throw at.Error("is missing");
        if (!at.IsString || !at.Element.TryGetBytesFromBase64(out var blob)) throw at.Error("must be base64");
        return new(new CharsMap(blob, at.File, at.Path));
    }
}

/// <summary>Reads a pattern: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternReader
{
    public static TextPattern Read(JsonAt at)
    {
        if (at.IsString) return new LiteralPattern(CodePoints.FromString(at.String()));
        var regex = at["Regex"];
        return regex.IsNull ? new LiteralPattern(CodePoints.FromString(at["String"].String())) : RegexPattern.Compile(regex.String(), regex.File, regex.Path);
    }
}
