using System.Text.Json;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Finds the tokenizer at a path: a GGUF file's vocabulary, a tokenizer's own file, or a folder with any of them. No model is opened, so its family need not be known.</summary>
public static class TokenizerFiles
{
    const long LargestFile = 256L << 20;
    const string Config = "config.json";

    /// <summary>The tokenizer at a path.</summary>
    /// <param name="path">A folder; a .gguf file; a tokenizer.json, tokenizer.model, .tiktoken file or vocab.txt; or weights in a folder with these.</param>
    /// <exception cref="CheckpointException">There is none; the message says what was looked for.</exception>
    /// <exception cref="TokenizerException">It is broken, or of a class that is not supported.</exception>
    public static Tokenizer Read(string path)
    {
        if (Directory.Exists(path))
        {
            return ReadFolder(path) ?? InGgufOf(path) ?? throw Missing(path);
        }

        if (GgufFile.Matches(path))
        {
            using GgufFile gguf = GgufFile.Open(path);
            return GgufTokenizer.Read(gguf.Metadata) ?? throw new CheckpointException(path, "tokenizer.ggml.tokens", "is missing: the file has no vocabulary");
        }

        // These say little by themselves: what stands beside them belongs to it.
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Path.GetExtension(path) is ".safetensors" || Path.GetFileName(path) is "tokenizer.json" or "vocab.json" or "merges.txt" or Config or "tokenizer_config.json"
            ? ReadFolder(folder) ?? throw Missing(folder)
            : Tokenizer.FromFile(ReadFile(path), path);
    }

    /// <summary>The tokenizer of a folder in the hub's layout; null where no vocabulary is there.</summary>
    /// <exception cref="TokenizerException">It is broken, or of a class that is not supported.</exception>
    public static Tokenizer? ReadFolder(string folder)
    {
        return Tokenizer.FromFolder(Bytes, folder, ModelType());

        byte[]? Bytes(string name) => Path.Combine(folder, name) is var file && File.Exists(file) ? ReadFile(file) : null;

        string? ModelType() => File.Exists(Path.Combine(folder, Config)) && ModelFiles.ReadConfig(Path.Combine(folder, Config)).Json is { ValueKind: JsonValueKind.Object } json ? TypeIn(json) : null;
    }

    /// <summary>What is wrong with a folder that has no vocabulary.</summary>
    public static CheckpointException Missing(string folder) =>
        new(folder, $"has no tokenizer: looked for {string.Join(", ", Tokenizer.VocabularyFiles)} and a .gguf file. Download the missing file from the place the weights are from");

    // A model of several parts talks through its text model.
    static string? TypeIn(JsonElement config)
    {
        JsonElement part = config.TryGetProperty("text_config", out JsonElement text) && text.ValueKind == JsonValueKind.Object && text.TryGetProperty("model_type", out _) ? text : config;
        return part.TryGetProperty("model_type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
    }

    static Tokenizer? InGgufOf(string folder)
    {
        if (!Directory.EnumerateFiles(folder, "*.gguf").Any())
        {
            return null;
        }

        using TensorSource source = TensorSource.Open(folder);
        return source.Gguf is { } metadata ? GgufTokenizer.Read(metadata) : null;
    }

    static byte[] ReadFile(string file)
    {
        long length = new FileInfo(file).Length;
        return length <= LargestFile ? File.ReadAllBytes(file) : throw new CheckpointException(file, $"has {length} bytes; such a file has {LargestFile} at most");
    }
}
