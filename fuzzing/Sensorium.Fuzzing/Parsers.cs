using Sensorium.Media.Tests.Images.Png;
using Sensorium.Media.Tests.Jpeg;
using Sensorium.Text.Tests.Tokenizers;
using Sensorium.Weights.Tests.Fuzz;

namespace Sensorium.Fuzzing;

/// <summary>Something that is given any bytes.</summary>
delegate void FuzzTarget(ReadOnlySpan<byte> data);

/// <summary>The parsers of foreign bytes: what one input is given to, and the files that mutation starts from.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="One">Parses one input; whatever it throws is a finding.</param>
/// <param name="Seeds">Patterns of files below the repository.</param>
sealed record Parser(string Name, FuzzTarget One, params string[] Seeds)
{
    const string Bundles = "tests/Sensorium.Conformance/bundles";

    /// <summary>All of them: a line each.</summary>
    public static IReadOnlyList<Parser> All { get; } =
    [
        new("png", PngFuzz.One, "tests/Sensorium.Conformance/media/png/*.png"),
        new("jpeg", JpegFuzz.One, $"{Bundles}/jpeg-pixels/made/*.jpg", "tests/Sensorium.Conformance/media/jpeg/reference/mozilla/*.jpg"),
        new("gguf", GgufFuzz.One, $"{Bundles}/gguf-quant-types/*.gguf"),
        new("safetensors", SafetensorsFuzz.One, $"{Bundles}/sampling/*.safetensors", $"{Bundles}/llama/*.safetensors"),
        new("safetensors-index", SafetensorsIndexFuzz.One, $"{Bundles}/llama-sharded/model/*.index.json"),
        new("tokenizer-json", TokenizerJsonFuzz.One, "tests/Sensorium.Text.Tests/**/tokenizer*.json"),
        new("sentencepiece", SentencePieceFuzz.One, "tests/Sensorium.Text.Tests/**/*.model"),
        new("tiktoken", TiktokenFuzz.One, "tests/Sensorium.Text.Tests/**/*.tiktoken"),
        new("gguf-vocabulary", GgufVocabularyFuzz.One, "tests/Sensorium.Text.Tests/**/*.json"),
        new("regex", RegexFuzz.One, $"{Bundles}/jinja/case.json"),
    ];
}
