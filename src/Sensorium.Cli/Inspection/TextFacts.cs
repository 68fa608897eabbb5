using System.Text.Json;
using Sensorium.Weights;

namespace Sensorium.Cli.Inspection;

/// <summary>What a checkpoint says of its tokenizer and its chat template.</summary>
/// <param name="Tokenizer">In words; null where there is none.</param>
/// <param name="ChatTemplate">The template's text; null where there is none.</param>
sealed record TextFacts(string? Tokenizer, string? ChatTemplate)
{
    /// <summary>Reads GGUF metadata, or the files of a folder.</summary>
    public static TextFacts Read(GgufMetadata? gguf, string? folder) =>
        gguf is not null && gguf.TryGet("tokenizer.ggml.model", out _) ? OfGguf(gguf)
        : folder is not null ? OfFolder(folder)
        : new TextFacts(null, null);

    static TextFacts OfGguf(GgufMetadata gguf)
    {
        long tokens = gguf.TryGet("tokenizer.ggml.tokens", out GgufValue? list) ? list.Count : 0;
        string pre = gguf.TryGet("tokenizer.ggml.pre", out GgufValue? value) ? $", pre-tokenizer {value.AsString()}" : "";
        return new TextFacts($"{gguf.String("tokenizer.ggml.model")}{pre}, {Console.Show.Count(tokens)} tokens (in the file)", gguf.TryGet("tokenizer.chat_template", out GgufValue? template) ? template.AsString() : null);
    }

    static TextFacts OfFolder(string folder)
    {
        string? tokenizer = null;
        if (ConfigFile.Read(folder, "tokenizer.json") is { } json)
        {
            JsonElement model = json.TryGetProperty("model", out JsonElement found) ? found : default;
            string type = model.ValueKind == JsonValueKind.Object && model.TryGetProperty("type", out JsonElement name) ? name.ToString() : "of no named type";
            int count = model.ValueKind == JsonValueKind.Object && model.TryGetProperty("vocab", out JsonElement vocabulary)
                ? vocabulary.ValueKind switch { JsonValueKind.Object => vocabulary.GetPropertyCount(), JsonValueKind.Array => vocabulary.GetArrayLength(), _ => 0 }
                : 0;
            tokenizer = $"{type}, {Console.Show.Count(count)} tokens (tokenizer.json)";
        }
        else
        {
            string[] others = ["tokenizer.model", "spiece.model", "vocab.json", "vocab.txt"];
            tokenizer = others.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        }

        string jinja = Path.Combine(folder, "chat_template.jinja");
        string? template = File.Exists(jinja) && new FileInfo(jinja).Length < 1 << 20 ? File.ReadAllText(jinja) : ConfigFile.Read(folder, "tokenizer_config.json").Text("chat_template");
        return new TextFacts(tokenizer, template);
    }
}
