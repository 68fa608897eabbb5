using System.IO.Compression;
using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Folders without a tokenizer.json on their way to GGUF: the file's vocabulary encodes as the folder's files do.</summary>
public sealed class SlowTokenizerConversionTests : IDisposable
{
    const string Text = "Hello, World! The quick brown fox isn't 12345 cafés old";

    readonly TestCheckpoints checkpoints = new();

    public void Dispose() => checkpoints.Dispose();

    [Theory]
    [InlineData("bpe-llama.model", "LlamaTokenizer", "tokenizer.model", "llama")]
    [InlineData("bpe-gemma.model", "GemmaTokenizer", "tokenizer.model", "llama")]
    [InlineData("unigram-nmt_nfkc.model.gz", "T5Tokenizer", "spiece.model", "t5")]
    [InlineData("unigram-nmt_nfkc.model.gz", "XLMRobertaTokenizer", "sentencepiece.bpe.model", "t5")]
    public void ASentencePieceModelKeepsItsScores(string file, string tokenizerClass, string name, string model)
    {
        (TensorSource gguf, _) = Converted(tokenizerClass, folder => Unpack(Path.Combine(TestCheckpoints.Bundle("sentencepiece"), file), Path.Combine(folder, name)));
        using (gguf)
        {
            gguf.Gguf!.String("tokenizer.ggml.model").ShouldBe(model);
        }
    }

    [Fact]
    public void VocabTxtBecomesWordPieceWithItsMarks()
    {
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "hello", "world", "qui", "##ck", "brown", "fox", ",", "!", "'", "123", "##45", "old", .. Letters("##"), .. Letters("")];
        (TensorSource gguf, _) = Converted("BertTokenizer", folder => File.WriteAllLines(Path.Combine(folder, "vocab.txt"), words), compareWhole: false);
        using (gguf)
        {
            string[] tokens = gguf.Gguf!["tokenizer.ggml.tokens"].AsStrings();
            tokens[2].ShouldBe("[CLS]");
            tokens[8..10].ShouldBe(["\u2581qui", "ck"]);
        }

        static IEnumerable<string> Letters(string mark) => Enumerable.Range('a', 26).Select(letter => mark + (char)letter);
    }

    [Fact]
    public void VocabJsonAndMergesFindTheirPattern()
    {
        (TensorSource gguf, _) = Converted("GPT2Tokenizer", folder =>
        {
            string hub = checkpoints.PlaceFor("gpt2-hub");
            ModelConverter.ToFolder(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-gpt2.gguf"), hub);
            JsonNode model = JsonNode.Parse(File.ReadAllText(Path.Combine(hub, "tokenizer.json")))!["model"]!;
            File.WriteAllText(Path.Combine(folder, "vocab.json"), model["vocab"]!.ToJsonString());
            File.WriteAllLines(Path.Combine(folder, "merges.txt"), ["#version: 0.2", .. model["merges"]!.AsArray().Select(pair => $"{pair![0]} {pair[1]}")]);
        });
        using (gguf)
        {
            gguf.Gguf!.String("tokenizer.ggml.pre").ShouldBe("gpt-2");
        }
    }

    [Fact]
    public void OtherTemplatesAreNamed()
    {
        (TensorSource gguf, ConversionResult result) = Converted(
            "LlamaTokenizer",
            folder => Unpack(Path.Combine(TestCheckpoints.Bundle("sentencepiece"), "bpe-llama.model"), Path.Combine(folder, "tokenizer.model")),
            """[{"name": "default", "template": "D"}, {"name": "rag", "template": "R"}, {"name": "tool_use", "template": "T"}]""");
        using (gguf)
        {
            gguf.Gguf!.String("tokenizer.chat_template").ShouldBe("D");
        }

        result.Remarks.ShouldContain(remark => remark.Contains("rag, tool_use", StringComparison.Ordinal));
    }

    (TensorSource Gguf, ConversionResult Result) Converted(string tokenizerClass, Action<string> write, string template = "\"x\"", bool compareWhole = true)
    {
        string files = checkpoints.Folder("files", []);
        write(files);
        File.WriteAllText(Path.Combine(files, "tokenizer_config.json"), $$"""{"tokenizer_class": "{{tokenizerClass}}", "chat_template": {{template}}}""");
        Tokenizer tokenizer = TokenizerFiles.ReadFolder(files)!;
        string source = checkpoints.Made("made", new JsonObject
        {
            ["model_type"] = "llama", ["hidden_size"] = 8, ["intermediate_size"] = 8, ["num_hidden_layers"] = 1, ["num_attention_heads"] = 1,
            ["vocab_size"] = tokenizer.IdLimit + 3, ["max_position_embeddings"] = 64,
        });
        foreach (string file in Directory.EnumerateFiles(files).Where(file => Path.GetFileName(file) != "config.json"))
        {
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        }

        string gguf = checkpoints.PlaceFor("m.gguf");
        ConversionResult result = ModelConverter.ToGguf(source, gguf);
        if (compareWhole)
        {
            result.Remarks.ShouldNotContain(remark => remark.Contains("trial text", StringComparison.Ordinal));
        }

        using ModelFiles opened = ModelFiles.Open(gguf);
        opened.ReadTokenizer()!.EncodeIds(Text).ShouldBe(tokenizer.EncodeIds(Text));
        return (TensorSource.Open(gguf), result);
    }

    static void Unpack(string from, string to)
    {
        using Stream packed = File.OpenRead(from), whole = File.Create(to);
        using Stream plain = from.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(packed, CompressionMode.Decompress) : packed;
        plain.CopyTo(whole);
    }
}
