using System.IO.Compression;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Conversion;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Published vocabularies out of GGUF files become tokenizer.json files that encode alike.</summary>
public sealed class GgufVocabularyTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();

    public void Dispose() => checkpoints.Dispose();

    [Theory]
    [InlineData("bert-bge.gguf")]
    [InlineData("gpt-2.gguf")]
    public void A_carried_vocabulary_encodes_alike(string name)
    {
        string folder = checkpoints.Folder("vocabulary", []);
        string packed = Path.Combine(TestCheckpoints.Bundle("tokenizers"), name + ".gz");
        string file = Path.Combine(folder, name);
        using (var zip = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress))
        using (FileStream whole = File.Create(file))
        {
            zip.CopyTo(whole);
        }

        EncodesAlike(file, Path.Combine(TestCheckpoints.Bundle("tokenizers"), name + ".inp"));
    }

    [Theory]
    [InlineData("llama-bpe.gguf")]
    [InlineData("llama-spm.gguf")]
    [InlineData("qwen2.gguf")]
    public void A_vocabulary_beside_the_repository_encodes_alike(string name)
    {
        string file = Path.Combine(TestCheckpoints.Repository, "..", "shared", "conformance", "tokenizers", name);
        if (File.Exists(file))
        {
            EncodesAlike(file, file + ".inp");
        }
    }

    static void EncodesAlike(string file, string texts)
    {
        using GgufFile gguf = GgufFile.Open(file);
        GgufVocabulary vocabulary = GgufTokenizer.ReadVocabulary(gguf.Metadata)!;
        using var json = new MemoryStream();
        TokenizerJsonWriter.Write(vocabulary, file, json, []);
        Tokenizer before = Tokenizer.FromGguf(vocabulary, file);
        var after = Tokenizer.FromJson(json.ToArray(), "tokenizer.json");
        string[] pieces = File.ReadAllText(texts).Split("__ggml_vocab_test__");
        pieces.Length.ShouldBeGreaterThan(20);
        pieces.Where(text => !before.EncodeIds(text).AsSpan().SequenceEqual(after.EncodeIds(text))).ShouldBeEmpty();
    }
}
