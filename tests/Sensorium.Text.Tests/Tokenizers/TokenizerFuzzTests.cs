using Sensorium.Fuzzing;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Mutations of good files, by a fixed seed: a typed error or a working tokenizer, nothing else.</summary>
public class TokenizerFuzzTests
{
    const int Seed = 20261121;

    [Fact]
    public void Tokenizer_json() => FuzzRun.Rounds(TextParsers.TokenizerJson, Seed, 1500);

    [Fact]
    public void Sentencepiece() => FuzzRun.Rounds(TextParsers.SentencePiece, Seed, 1500);

    [Fact]
    public void Tiktoken() => FuzzRun.Rounds(TextParsers.Tiktoken, Seed, 500);

    [Fact]
    public void Gguf_vocabularies() => FuzzRun.Rounds(TextParsers.GgufVocabulary, Seed, 800);

    [Fact]
    public void Model_folders() => FuzzRun.Rounds(TextParsers.Folder, Seed, 800);

    [Fact]
    public void Character_maps() => FuzzRun.Rounds(TextParsers.CharsMap, Seed, 800);

    [Fact]
    public void Regexes() => FuzzRun.Rounds(TextParsers.Regex, Seed, 1500);

    [Fact]
    public void The_seeds_are_good()
    {
        foreach (byte[] json in TextParsers.Jsons)
        {
            Should.NotThrow(() => Sensorium.Text.Tokenizers.Tokenizer.FromJson(json, "seed.json").Encode("the fox"));
        }
    }
}
