using System.Text.Json;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Training;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>The reference bundles, where they stand beside the repository.</summary>
public class BundleTests
{
    static void Report(List<string> failures, int checks)
    {
        checks.ShouldBeGreaterThan(0);
        string text = string.Join("\n", failures.Take(12));
        failures.Count.ShouldBe(0, text);
    }

    static void RunJson(string bundle) => Run(bundle, (check, file) => Tokenizer.FromJson(SharedData.Bytes(bundle, file), file));

    static void Run(string bundle, Func<JsonElement, string, Tokenizer> load)
    {
        if (!SharedData.Has(bundle)) return;
        using var json = SharedData.Case(bundle);
        var failures = new List<string>();
        var loaded = new Dictionary<string, Tokenizer>(StringComparer.Ordinal);
        int checks = 0;
        foreach (var check in json.RootElement.GetProperty("checks").EnumerateArray())
        {
            string file = check.GetProperty("tokenizer").GetString()!;
            string name = check.GetProperty("name").GetString()!;
            try
            {
                string key = check.TryGetProperty("pattern", out var pattern) ? file + pattern.GetString() : file;
                if (!loaded.TryGetValue(key, out var tokenizer)) loaded[key] = tokenizer = load(check, file);
                if (check.TryGetProperty("vocab_size", out var size)) tokenizer.VocabularySize.ShouldBe(size.GetInt32(), name);
                TokenizeCases.Run(name, tokenizer, check, failures);
            }
            catch (TokenizerException e)
            {
                failures.Add($"{name}: {e.Message}");
            }
            checks++;
        }
        Report(failures, checks);
    }

    [Fact]
    public void Every_kind_of_tokenizer_json() => RunJson("tokenizer-kinds");

    [Fact]
    public void Published_tokenizer_json_files() => RunJson("tokenizer-json");

    [Fact]
    public void Sentencepiece_models() => Run("sentencepiece", (_, file) => Tokenizer.FromSentencePiece(SharedData.Bytes("sentencepiece", file), file));

    [Fact]
    public void Tiktoken_files() => Run("tiktoken", (check, file) => Tokenizer.FromTiktoken(
        SharedData.Bytes("tiktoken", file), file, check.GetProperty("pattern").GetString()!,
        check.GetProperty("special_tokens").EnumerateObject().ToDictionary(x => x.Name, x => x.Value.GetInt32(), StringComparer.Ordinal)));

    [Fact]
    public void Training_gives_the_references_vocabularies()
    {
        const string Bundle = "tokenizer-training";
        if (!SharedData.Has(Bundle)) return;
        var failures = new List<string>();
        Run(Bundle, (check, file) =>
        {
            var training = check.GetProperty("training");
            var trained = TokenizerTrainer.Train(File.ReadAllLines(SharedData.PathOf(Bundle, training.GetProperty("corpus").GetString()!)), Options(training));
            using var expected = JsonDocument.Parse(SharedData.Bytes(Bundle, file));
            var model = expected.RootElement.GetProperty("model");
            var vocabulary = model.GetProperty("vocab").EnumerateObject().OrderBy(x => x.Value.GetInt32()).Select(x => x.Name).ToList();
            int at = vocabulary.Zip(trained.Tokens).TakeWhile(x => string.Equals(x.First, x.Second, StringComparison.Ordinal)).Count();
            if (at < Math.Max(vocabulary.Count, trained.Tokens.Count)) failures.Add($"{file}: token {at} of {vocabulary.Count} differs ({trained.Tokens.Count}): {vocabulary.ElementAtOrDefault(at)} | {trained.Tokens.ElementAtOrDefault(at)}");
            if (model.TryGetProperty("merges", out var merges))
            {
                var pairs = merges.EnumerateArray().Select(x => (x[0].GetString()!, x[1].GetString()!)).ToList();
                at = pairs.Zip(trained.Merges).TakeWhile(x => x.First == x.Second).Count();
                if (at < Math.Max(pairs.Count, trained.Merges.Count)) failures.Add($"{file}: merge {at} of {pairs.Count} differs ({trained.Merges.Count})");
            }
            return trained.ToTokenizer();
        });
        failures.ShouldBeEmpty();
    }

    static TrainingOptions Options(JsonElement training)
    {
        JsonElement? Get(string key) => training.TryGetProperty(key, out var value) ? value : null;
        return new()
        {
            Model = training.GetProperty("model").GetString() is "BPE" ? TrainableModel.Bpe : TrainableModel.WordPiece,
            VocabularySize = training.GetProperty("vocab_size").GetInt32(),
            MinFrequency = training.GetProperty("min_frequency").GetInt32(),
            SpecialTokens = [.. training.GetProperty("special_tokens").EnumerateArray().Select(x => x.GetString()!)],
            UnknownToken = Get("unk_token")?.GetString() ?? (training.GetProperty("model").GetString() is "BPE" ? null : "[UNK]"),
            InitialAlphabet = Get("initial_alphabet") is null ? [] : TrainingOptions.ByteAlphabet,
            LimitAlphabet = Get("limit_alphabet")?.GetInt32(),
            MaxTokenLength = Get("max_token_length")?.GetInt32(),
            ContinuingPrefix = Get("continuing_subword_prefix")?.GetString() ?? "",
            NormalizerJson = Get("normalizer")?.GetRawText(),
            PreTokenizerJson = Get("pre_tokenizer")?.GetRawText(),
            DecoderJson = training.GetProperty("model").GetString() is "WordPiece" ? """{"type":"WordPiece","prefix":"##","cleanup":true}""" : Get("pre_tokenizer")?.GetRawText(),
        };
    }

    [Fact]
    public void Gguf_vocabularies_of_llama_cpp()
    {
        if (!SharedData.Has("tokenizers")) return;
        using var json = SharedData.Case("tokenizers");
        string separator = json.RootElement.GetProperty("separator").GetString()!;
        var failures = new List<string>();
        int checks = 0;
        foreach (var entry in json.RootElement.GetProperty("vocabs").EnumerateObject())
        {
            string file = entry.Value.GetProperty("gguf").GetString()!;
            if (!File.Exists(SharedData.PathOf("tokenizers", file))) continue;
            var tokenizer = Tokenizer.FromGguf(GgufVocabularyReader.Read(SharedData.Bytes("tokenizers", file)), file);
            string[] texts = File.ReadAllText(SharedData.PathOf("tokenizers", entry.Value.GetProperty("inp").GetString()!)).Split(separator);
            string[] lines = File.ReadAllText(SharedData.PathOf("tokenizers", entry.Value.GetProperty("out").GetString()!)).Split('\n');
            for (int i = 0; i < entry.Value.GetProperty("n_texts").GetInt32(); i++)
            {
                string actual = string.Join(" ", tokenizer.EncodeIds(texts[i], false, false));
                if (!string.Equals(actual, lines[i].Trim(), StringComparison.Ordinal)) failures.Add($"{entry.Name}[{i}] '{texts[i]}'\n    expected {lines[i].Trim()}\n    actual   {actual}");
                checks++;
            }
        }
        Report(failures, checks);
    }

    [Fact]
    public void Vocabulary_of_the_quantised_llamas()
    {
        const string Bundle = "gguf-quant-types";
        if (!SharedData.Has(Bundle)) return;
        using var json = SharedData.Case(Bundle);
        var tokenizer = Tokenizer.FromGguf(GgufVocabularyReader.Read(SharedData.Bytes(Bundle, "model-Q4_0.gguf")), "model-Q4_0.gguf");
        foreach (var item in json.RootElement.GetProperty("tokenizer_cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            tokenizer.EncodeIds(text, false, false).ShouldBe(SharedData.Ints(item.GetProperty("ids")), text);
            tokenizer.EncodeIds(text, true, false).ShouldBe(SharedData.Ints(item.GetProperty("ids_add_special")), text);
            tokenizer.Decode(SharedData.Ints(item.GetProperty("ids"))).ShouldBe(text);
        }
    }

    [Fact]
    public void Prompts_of_a_real_chat_model()
    {
        const string Bundle = "smollm2-chat";
        if (!SharedData.Has(Bundle)) return;
        using var json = SharedData.Case(Bundle);
        string model = Path.Combine(SharedData.PathOf(Bundle, ""), json.RootElement.GetProperty("model").GetString()!);
        if (!File.Exists(model)) return;
        var tokenizer = Tokenizer.FromGguf(GgufVocabularyReader.Read(File.ReadAllBytes(model)), "SmolLM2");
        int checks = 0;
        foreach (var check in json.RootElement.GetProperty("checks").EnumerateArray())
        {
            if (!check.TryGetProperty("expected_prompt_ids", out var ids)) continue;
            tokenizer.EncodeIds(check.GetProperty("expected_prompt").GetString()!).ShouldBe(SharedData.Ints(ids));
            if (check.TryGetProperty("expected_text", out var text)) tokenizer.Decode(SharedData.Ints(check.GetProperty("expected_ids")), skipSpecialTokens: true).ShouldBe(text.GetString());
            checks++;
        }
        checks.ShouldBeGreaterThan(5);
        tokenizer.Special.EndOfGeneration.ShouldContain(2);
    }
}
