using System.Text.Json;
using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>model</c>.</summary>
internal static class ModelReader
{
    public static TokenizerModel Read(JsonAt at)
    {
        if (!at.IsObject) throw at.Error(at.IsNull ? "is missing" : "must be an object");
        // Old files leave the type out.
        string type = at["type"].String(at["vocab"].IsArray ? "Unigram" : !at["merges"].IsNull ? "BPE" : !at["continuing_subword_prefix"].IsNull ? "WordPiece" : "WordLevel");
        return type switch
        {
            "BPE" => Bpe(at),
            "Unigram" => Unigram(at),
            "WordPiece" => WordPiece(at),
            "WordLevel" => new WordLevelModel(Vocab(at["vocab"]), at["unk_token"].String("<unk>"), at.File),
            _ => throw at["type"].Error($"the model '{type}' is not supported; BPE, Unigram, WordPiece and WordLevel are"),
        };
    }

    /// <summary>An object from tokens to ids.</summary>
    public static Vocabulary Vocab(JsonAt at)
    {
        if (!at.IsObject) throw at.Error(at.IsNull ? "is missing" : "must be an object from tokens to ids");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in at.Element.EnumerateObject())
        {
            string token;
            try
            {
                token = entry.Name;
            }
            catch (InvalidOperationException e)
            {
                throw new TokenizerException(at.File, at.Path, "a token is not valid Unicode", e);
            }
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id)) throw new TokenizerException(at.File, $"{at.Path}['{Vocabulary.Shorten(token)}']", "must be an integer");
            if (!ids.TryAdd(token, id)) throw at.Error($"the token '{Vocabulary.Shorten(token)}' occurs twice");
        }
        return Vocabulary.FromPairs(ids, at.File, at.Path);
    }

    static BpeModel Bpe(JsonAt at)
    {
        if (at["merges"].IsNull) throw at["merges"].Error("is missing");
        var vocabulary = Vocab(at["vocab"]);
        string? unknown = at["unk_token"].IsNull ? null : at["unk_token"].String();
        var options = new BpeOptions
        {
            UnknownToken = unknown,
            FuseUnknown = at["fuse_unk"].Bool(false),
            ByteFallback = at["byte_fallback"].Bool(false),
            IgnoreMerges = at["ignore_merges"].Bool(false),
            ContinuingPrefix = at["continuing_subword_prefix"].String(""),
            EndOfWordSuffix = at["end_of_word_suffix"].String(""),
        };
        return new(vocabulary, Merges(at["merges"]), options, false, at.File, at["merges"].Path);
    }

    static MergeList Merges(JsonAt at)
    {
        if (!at.IsArray) throw at.Error("must be an array");
        var merges = new MergeList(at.Element.GetArrayLength());
        foreach (var item in at.Items())
        {
            if (item.IsArray)
            {
                if (item.Element.GetArrayLength() != 2) throw item.Error("must be a pair of two tokens");
                var (left, right) = (item.Element[0], item.Element[1]);
                if (left.ValueKind != JsonValueKind.String || right.ValueKind != JsonValueKind.String) throw item.Error("must be a pair of two tokens");
                merges.Add(left.GetString()!, right.GetString()!);
                continue;
            }
            string text = item.String();
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            // A comment line of the old merges.txt.
            if (merges.Count == 0 && text.StartsWith("#version", StringComparison.Ordinal)) continue;
            if (space <= 0 || space == text.Length - 1 || text.IndexOf(' ', space + 1) >= 0) throw item.Error($"'{Vocabulary.Shorten(text)}' is not two tokens with a space between them");
            merges.Add(text, space);
        }
        return merges;
    }

    static WordPieceModel WordPiece(JsonAt at)
    {
        int max = at["max_input_chars_per_word"].Int(100);
        if (max < 0) throw at["max_input_chars_per_word"].Error($"{max} is negative");
        return new(Vocab(at["vocab"]), at["unk_token"].String("[UNK]"), at["continuing_subword_prefix"].String("##"), max, at.File);
    }

    static UnigramModel Unigram(JsonAt at)
    {
        var vocab = at["vocab"];
        if (!vocab.IsArray) throw vocab.Error(vocab.IsNull ? "is missing" : "must be an array of pairs [piece, score]");
        int n = vocab.Element.GetArrayLength();
        var pieces = new List<string>(n);
        var scores = new double[n];
        foreach (var item in vocab.Items())
        {
            if (!item.IsArray || item.Element.GetArrayLength() != 2) throw item.Error("must be a pair [piece, score]");
            var (piece, score) = (item.Element[0], item.Element[1]);
            if (piece.ValueKind != JsonValueKind.String || score.ValueKind != JsonValueKind.Number) throw item.Error("must be a pair [piece, score]");
            scores[pieces.Count] = score.GetDouble();
            pieces.Add(piece.GetString()!);
        }
        int unknown = at["unk_id"].Int(-1);
        if (unknown >= n) throw at["unk_id"].Error($"{unknown} is not in the vocabulary of {n} pieces");
        return new(Vocabulary.FromList(pieces), scores, null, unknown, at["byte_fallback"].Bool(false), at.File);
    }
}
