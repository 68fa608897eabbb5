using Sensorium.Text.Tokenizers.Loading;
using Sensorium.Text.Tokenizers.Patterns;

namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>
/// The name under <c>tokenizer.ggml.pre</c> of a tokenizer.json's pre-tokenizer: <see cref="GgufPatterns"/> read backwards.
/// llama.cpp's converter knows a vocabulary by a hash of what it makes of a text; what the name decides is how text is
/// split, so here it is found by the expressions that split it, and a vocabulary of one's own has a name too.
/// </summary>
internal static class GgufPatternNames
{
    // Of the names that split alike, the one of the model they are from.
    static readonly string[] Names =
    [
        "llama-bpe", "dbrx", "gpt-2", "smollm", "qwen2", "qwen35", "gpt-4o", "tekken", "deepseek-v3", "deepseek-coder", "falcon", "bloom", "viking", "seed-coder", "bailingmoe", "default",
    ];

    /// <summary>The name; null when llama.cpp has none for this.</summary>
    /// <param name="regexes">The expressions, in the order in which they are applied.</param>
    /// <param name="ignoreMerges">Words that are tokens are taken whole.</param>
    public static string? Of(IReadOnlyList<string> regexes, bool ignoreMerges)
    {
        bool Splits(string name) => GgufPatterns.For(name) is { } known && known.Regexes.SequenceEqual(regexes, StringComparer.Ordinal);
        return Array.Find(Names, name => Splits(name) && GgufPatterns.For(name)!.Value.IgnoreMerges == ignoreMerges)
            // Without a name of its own the flag is dropped: it changes a word only where merges do not lead to the word's own token.
            ?? (ignoreMerges ? Array.Find(Names, Splits) : null);
    }

    /// <summary>The expressions by which a byte-level pre-tokenizer splits; null when it is none, or splits in ways that are no expressions.</summary>
    public static List<string>? Read(JsonAt at)
    {
        var regexes = new List<string>();
        return Collect(at, regexes) ? regexes : null;
    }

    /// <returns>Whether bytes are mapped to letters at the end.</returns>
    static bool Collect(JsonAt at, List<string> regexes)
    {
        if (!at.IsObject) return false;
        switch (at["type"].String(""))
        {
            case "Sequence":
                bool isByteLevel = false;
                foreach (var step in at["pretokenizers"].Steps())
                {
                    if (isByteLevel) return false;
                    if (!IsStep(step)) return false;
                    isByteLevel = Collect(step, regexes);
                }
                return isByteLevel;
            case "ByteLevel":
                if (at["add_prefix_space"].Bool(true)) return false;
                if (at["use_regex"].Bool(true)) regexes.Add(WordPattern.Gpt2Regex);
                return true;
            case "Digits":
                if (at["individual_digits"].Bool(false)) regexes.Add(@"\p{N}");
                return false;
            case "Split":
                regexes.Add(at["pattern"]["Regex"].String());
                return false;
            default:
                return false;
        }
    }

    static bool IsStep(JsonAt at) => at.IsObject && at["type"].String("") switch
    {
        "ByteLevel" => true,
        "Digits" => at["individual_digits"].Bool(false),
        "Split" => at["pattern"].IsObject && at["pattern"]["Regex"].IsString && Isolates(at),
        _ => false,
    };

    // What matches, or what lies between matches and is everything else: llama.cpp keeps both as pieces.
    static bool Isolates(JsonAt at) =>
        at["behavior"].String("Isolated") switch
        {
            "Isolated" => true,
            "Removed" => at["invert"].Bool(false),
            _ => false,
        };
}
