using System.Text;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Training;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Small tokenizers that tests make for themselves.</summary>
internal static class Small
{
    public static readonly string[] Corpus =
    [
        "The quick brown fox jumps over the lazy dog.", "the dog's quicker than the fox, isn't it?", "low lower lowest new newer newest",
        "Größe und Straße, naïve café, 12 345 6789 numbers", "  spaces   and\ttabs\n", "emoji 😀😀 and 日本語のテキスト",
    ];

    /// <summary>A tokenizer.json with the given parts; null parts are null.</summary>
    public static byte[] Json(string model, string? preTokenizer = null, string? decoder = null, string? normalizer = null, string? postProcessor = null, string added = "[]") =>
        Encoding.UTF8.GetBytes($$"""{"version":"1.0","added_tokens":{{added}},"normalizer":{{normalizer ?? "null"}},"pre_tokenizer":{{preTokenizer ?? "null"}},"post_processor":{{postProcessor ?? "null"}},"decoder":{{decoder ?? "null"}},"model":{{model}}}""");

    public static Tokenizer Load(string model, string? preTokenizer = null, string? decoder = null, string? normalizer = null, string? postProcessor = null, string added = "[]") =>
        Tokenizer.FromJson(Json(model, preTokenizer, decoder, normalizer, postProcessor, added), "small.json");

    /// <summary>A byte-level BPE of some 400 tokens.</summary>
    public static readonly TrainedTokenizer ByteLevel = TokenizerTrainer.Train(Corpus, TrainingOptions.ByteLevelBpe(400));

    public static readonly Tokenizer ByteLevelTokenizer = ByteLevel.ToTokenizer();

    /// <summary>The model of <see cref="ByteLevel"/> behind another pre-tokenizer.</summary>
    public static Tokenizer ByteLevelWith(string preTokenizer, string? normalizer = null)
    {
        string json = Encoding.UTF8.GetString(ByteLevel.ToJson());
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return Load(document.RootElement.GetProperty("model").GetRawText(), preTokenizer, """{"type":"ByteLevel"}""", normalizer);
    }

    /// <summary>A vocabulary of pieces in which the first 3 are unknown, begin and end, then the 256 bytes.</summary>
    public static GgufVocabulary SentencePiece(params (string Piece, float Score)[] pieces)
    {
        var tokens = new List<string> { "<unk>", "<s>", "</s>" };
        var types = new List<int> { 2, 3, 3 };
        for (int b = 0; b < 256; b++)
        {
            tokens.Add($"<0x{b:X2}>");
            types.Add(6);
        }
        foreach (var (piece, _) in pieces)
        {
            tokens.Add(piece);
            types.Add(1);
        }
        return new()
        {
            Model = "llama",
            Tokens = tokens,
            TokenTypes = types,
            Scores = [.. Enumerable.Repeat(0f, 259), .. pieces.Select(p => p.Score)],
            BosId = 1,
            EosId = 2,
            UnknownId = 0,
        };
    }
}
