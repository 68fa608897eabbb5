using Sensorium.Text.Tokenizers.Loading;

namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>The kinds of GGUF vocabularies that have scores: llama.cpp's "llama" (SentencePiece BPE) and "t5" (Unigram).</summary>
static class ScoredVocabulary
{
    const int Normal = 1;

    /// <summary>
    /// BPE over letters with a mark for spaces. llama.cpp joins the pair whose token has the highest score, so a token's score is
    /// the negative rank of the first merge that makes it.
    /// </summary>
    public static GgufVocabulary OfBpe(JsonAt root, Tokenizer tokenizer, GgufVocabulary vocabulary)
    {
        var model = root["model"];
        if (!model["byte_fallback"].Bool(false)) throw model["type"].Error("is BPE that is neither byte-level nor falls back to bytes; llama.cpp has no such kind");
        float[] scores = new float[vocabulary.Tokens.Count];
        int rank = 0, merges = model["merges"].Element.GetArrayLength();
        bool[] isMade = new bool[scores.Length];
        foreach (var item in model["merges"].Items())
        {
            string made = item.IsArray ? item.Element[0].GetString() + item.Element[1].GetString() : item.String().Replace(" ", "", StringComparison.Ordinal);
            rank++;
            if (tokenizer.IdOf(made) is not { } id || isMade[id]) continue;
            isMade[id] = true;
            scores[id] = -rank;
        }
        vocabulary = Typed(vocabulary, tokenizer, root);
        // Letters are made by no merge; they only have to come after all that is.
        for (int id = 0; id < scores.Length; id++)
        {
            if (!isMade[id] && vocabulary.TokenTypes![id] == Normal) scores[id] = -(merges + 1f + id);
        }
        return vocabulary with { Pre = "default", Scores = scores, AddSpacePrefix = PutsSpaceFirst(root) };
    }

    /// <summary>Unigram: the pieces with their log probabilities.</summary>
    public static GgufVocabulary OfUnigram(JsonAt root, Tokenizer tokenizer, GgufVocabulary vocabulary)
    {
        float[] scores = new float[vocabulary.Tokens.Count];
        int id = 0;
        foreach (var item in root["model"]["vocab"].Items()) scores[id++] = (float)item.Element[1].GetDouble();
        return Typed(vocabulary, tokenizer, root) with
        {
            Pre = "default",
            Scores = scores,
            AddSpacePrefix = PutsSpaceFirst(root),
            RemoveExtraWhitespaces = Steps(root["pre_tokenizer"], "pretokenizers").Any(step => step["type"].String("") == "WhitespaceSplit")
                || Steps(root["normalizer"], "normalizers").Any(step => step["type"].String("") == "Replace" && step["pattern"].Element.ToString().Contains("{2,}", StringComparison.Ordinal)),
            PrecompiledCharsMap = CharsMap(root["normalizer"]),
        };
    }

    static GgufVocabulary Typed(GgufVocabulary vocabulary, Tokenizer tokenizer, JsonAt root)
    {
        int? unknown = tokenizer.Special.Unknown ?? (root["model"]["unk_token"].IsString ? tokenizer.IdOf(root["model"]["unk_token"].String()) : null);
        return vocabulary with
        {
            UnknownId = unknown,
            TokenTypes = [.. vocabulary.TokenTypes!.Select((type, id) => VocabularyFromHub.ScoredType(vocabulary.Tokens[id], type, id == unknown))],
        };
    }

    static bool PutsSpaceFirst(JsonAt root) =>
        Steps(root["normalizer"], "normalizers").Any(step => step["type"].String("") == "Prepend")
        || Steps(root["pre_tokenizer"], "pretokenizers").Any(step => step["type"].String("") == "Metaspace" && PreTokenizerReader.Scheme(step) != PreTokenizers.PrependScheme.Never);

    static byte[] CharsMap(JsonAt normalizer)
    {
        foreach (var step in Steps(normalizer, "normalizers"))
        {
            if (step["type"].String("") == "Precompiled" && step["precompiled_charsmap"].IsString)
                return step["precompiled_charsmap"].Element.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw step["precompiled_charsmap"].Error("is no base64");
        }
        return [];
    }

    /// <summary>A pipeline's steps, of which there may be one, several or none.</summary>
    static IEnumerable<JsonAt> Steps(JsonAt at, string inner) =>
        !at.IsObject ? [] : at["type"].String("") == "Sequence" ? at[inner].Steps().SelectMany(step => Steps(step, inner)) : [at];
}
