using System.Globalization;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>pre_tokenizer</c>.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer? Read(JsonAt at)
    {
        if (at.IsNull) return null;
        string type = at["type"].String();
        return type switch
        {
            "Sequence" => new SequencePreTokenizer([.. at["pretokenizers"].Steps().Select(x => Read(x) ?? throw x.Error("is null"))]),
            "ByteLevel" => new ByteLevelPreTokenizer(at["add_prefix_space"].Bool(true), at["use_regex"].Bool(true)),
            "Split" => new SplitPreTokenizer(PatternReader.Read(at["pattern"]), Behavior(at["behavior"], SplitBehavior.Isolated), at["invert"].Bool(false)),
            "Digits" => new SplitPreTokenizer(new ClassPattern(CharClass.IsNumber), at["individual_digits"].Bool(false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
            "Punctuation" => new SplitPreTokenizer(new ClassPattern(CharClass.IsBertPunctuation), Behavior(at["behavior"], SplitBehavior.Isolated)),
            "WhitespaceSplit" => Spaces(),
            "Whitespace" => new WhitespacePreTokenizer(),
            "BertPreTokenizer" => Bert(),
            "CharDelimiterSplit" => new SplitPreTokenizer(new LiteralPattern([One(at["delimiter"])]), SplitBehavior.Removed),
            "FixedLength" => Fixed(at["length"]),
            "Metaspace" => new MetaspacePreTokenizer(One(at["replacement"]), Scheme(at), at["split"].Bool(true)),
            "UnicodeScripts" => new UnicodeScriptsPreTokenizer(),
            _ => throw at["type"].Error($"the pre-tokenizer '{type}' is not supported"),
        };
    }

    static SplitPreTokenizer Spaces() => new(new ClassPattern(CharClass.IsWhiteSpace), SplitBehavior.Removed);

    /// <summary>BERT's: at white space, then at punctuation.</summary>
    public static PreTokenizer Bert() => new SequencePreTokenizer([Spaces(), new SplitPreTokenizer(new ClassPattern(CharClass.IsBertPunctuation), SplitBehavior.Isolated)]);

    static FixedLengthPreTokenizer Fixed(JsonAt at)
    {
        int length = at.Int(5);
        return length > 0 ? new(length) : throw at.Error($"{length} is no length");
    }

    static SplitBehavior Behavior(JsonAt at, SplitBehavior otherwise)
    {
        if (at.IsNull) return otherwise;
        return at.String() switch
        {
            "Removed" => SplitBehavior.Removed,
            "Isolated" => SplitBehavior.Isolated,
            "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
            "MergedWithNext" => SplitBehavior.MergedWithNext,
            "Contiguous" => SplitBehavior.Contiguous,
            var other => throw at.Error($"'{other}' is none of Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous"),
        };
    }

    static int One(JsonAt at)
    {
        var points = CodePoints.FromString(at.String());
        return points.Length == 1 ? points[0] : throw at.Error(string.Create(CultureInfo.InvariantCulture, $"must be one character, but has {points.Length}"));
    }

    /// <summary>A Metaspace's scheme; old files have add_prefix_space instead.</summary>
    public static PrependScheme Scheme(JsonAt at)
    {
        var scheme = at["prepend_scheme"];
        if (scheme.IsNull) return at["add_prefix_space"].Bool(true) ? PrependScheme.Always : PrependScheme.Never;
        return scheme.String() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw scheme.Error($"'{other}' is none of always, first, never"),
        };
    }
}
