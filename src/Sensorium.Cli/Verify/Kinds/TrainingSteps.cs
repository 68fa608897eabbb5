using System.Text;
using System.Text.Json;
using Sensorium.Text.Tokenizers.Training;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>The <c>training</c> of a <c>tokenize</c> check: a vocabulary learnt from a corpus, equal to a file's in every token and merge.</summary>
static class TrainingSteps
{
    public static TrainedTokenizer Train(Check check, JsonElement training) =>
        TokenizerTrainer.Train(File.ReadLines(check.Find(training.GetProperty("corpus").GetString()!), Encoding.UTF8), Options(training));

    public static IEnumerable<CheckRow> Compare(Check check, TrainedTokenizer trained)
    {
        using JsonDocument file = JsonDocument.Parse(TokenizeCheck.Bytes(check.Find(check.Text("tokenizer")!)));
        JsonElement model = file.RootElement.GetProperty("model");
        string[] tokens = [.. model.GetProperty("vocab").EnumerateObject().OrderBy(t => t.Value.GetInt32()).Select(t => t.Name)];
        yield return FieldChecks.Sequence(check.Name, "vocab", trained.Tokens, tokens, judge: true);
        if (model.TryGetProperty("merges", out JsonElement merges))
        {
            (string, string)[] pairs = [.. merges.EnumerateArray().Select(m => (m[0].GetString()!, m[1].GetString()!))];
            yield return FieldChecks.Sequence(check.Name, "merges", trained.Merges, pairs, judge: true);
        }
    }

    static TrainingOptions Options(JsonElement training)
    {
        bool bpe = training.GetProperty("model").ValueEquals("BPE");
        string? preTokenizer = Get("pre_tokenizer")?.GetRawText();
        return new TrainingOptions
        {
            Model = bpe ? TrainableModel.Bpe : TrainableModel.WordPiece,
            VocabularySize = training.GetProperty("vocab_size").GetInt32(),
            MinFrequency = training.GetProperty("min_frequency").GetInt32(),
            SpecialTokens = [.. training.GetProperty("special_tokens").EnumerateArray().Select(t => t.GetString()!)],
            UnknownToken = Get("unk_token")?.GetString() ?? (bpe ? null : "[UNK]"),
            InitialAlphabet = Alphabet(Get("initial_alphabet")),
            LimitAlphabet = Get("limit_alphabet")?.GetInt32(),
            MaxTokenLength = Get("max_token_length")?.GetInt32(),
            ContinuingPrefix = Get("continuing_subword_prefix")?.GetString() ?? "",
            EndOfWordSuffix = Get("end_of_word_suffix")?.GetString() ?? "",
            NormalizerJson = Get("normalizer")?.GetRawText(),
            PreTokenizerJson = preTokenizer,
            DecoderJson = bpe ? preTokenizer : """{"type":"WordPiece","prefix":"##","cleanup":true}""",
        };

        JsonElement? Get(string key) => training.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    // In words ("the 256 byte characters"), or a list of characters.
    static IReadOnlyCollection<int> Alphabet(JsonElement? given) => given switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(c => char.ConvertToUtf32(c.GetString()!, 0))],
        _ => TrainingOptions.ByteAlphabet,
    };
}
