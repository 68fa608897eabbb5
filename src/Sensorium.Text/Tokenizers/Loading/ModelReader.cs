using System.Text.Json;
using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>model</c>.</summary>
internal static class ModelReader
{
    public static TokenizerModel Read(ModelJson root)
    {
        if (root.Model is not { } at) throw root["model"].Error(root["model"].IsNull ? "is missing" : "must be an object");
        // Old files leave the type out.
        string type = at["type"].String(at["vocab"].IsArray ? "Unigram" : at.Merges is not null ? "BPE" : !at["continuing_subword_prefix"].IsNull ? "WordPiece" : "WordLevel");
        return type switch
        {
            "BPE" => Bpe(at),
            "Unigram" => Unigram(at),
            "WordPiece" => WordPiece(at),
            "WordLevel" => new WordLevelModel(Vocab(at), at["unk_token"].String("<unk>"), at["type"].File),
            _ => throw at["type"].Error($"the model '{type}' is not supported; BPE, Unigram, WordPiece and WordLevel are"),
        };
    }

    static Vocabulary Vocab(ModelJson at) => at.Vocabulary ?? throw at["vocab"].Error(at["vocab"].IsNull ? "is missing" : "must be an object from tokens to ids");

    static BpeModel Bpe(ModelJson at)
    {
        var merges = at.Merges ?? throw at["merges"].Error(at["merges"].IsNull ? "is missing" : "must be an array");
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
        return new(Vocab(at), merges, options, false, at["merges"].File, at["merges"].Path);
    }

    static WordPieceModel WordPiece(ModelJson at)
    {
        int max = at["max_input_chars_per_word"].Int(100);
        if (max < 0) throw at["max_input_chars_per_word"].Error($"{max} is negative");
        return new(Vocab(at), at["unk_token"].String("[UNK]"), at["continuing_subword_prefix"].String("##"), max, at["vocab"].File);
    }

    static UnigramModel Unigram(ModelJson at)
    {
        var vocab = at["vocab"];
        if (!vocab.IsArray) throw vocab.Error(vocab.IsNull && at.Vocabulary is null ? "is missing" : "must be an array of pairs [piece, score]");
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
        return new(Vocabulary.FromList(pieces), scores, null, unknown, at["byte_fallback"].Bool(false), vocab.File);
    }
}
