using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>The families that can be opened: one line each.</summary>
public static class Catalog
{
    /// <summary>All families.</summary>
    public static IReadOnlyList<Family> Families { get; } =
    [
        new() { Type = "llama", Title = "Llama", Takes = "text", Gives = "text", Build = (at, json, _) => Llama.Build(at, json), Gguf = Llama.Gguf },
        new() { Type = "mistral", Title = "Mistral", Takes = "text", Gives = "text", Build = (at, json, _) => Mistral.Build(at, json), Gguf = Mistral.Gguf },
        new() { Type = "qwen2", Title = "Qwen2", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen2.Build(at, json), Gguf = Qwen2.Gguf },
        new() { Type = "qwen3", Title = "Qwen3", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen3.Build(at, json), Gguf = Qwen3.Gguf },
        new() { Type = "olmo2", Title = "OLMo 2", Takes = "text", Gives = "text", Build = (at, json, _) => Olmo2.Build(at, json) },
        new() { Type = "smollm3", Title = "SmolLM3", Takes = "text", Gives = "text", Build = (at, json, _) => SmolLm3.Build(at, json) },
        new() { Type = "gemma2", Title = "Gemma 2", Takes = "text", Gives = "text", Build = (at, json, _) => Gemma2.Build(at, json) },
        new() { Type = "gemma3_text", Title = "Gemma 3", Takes = "text", Gives = "text", Build = (at, json, _) => Gemma3.Build(at, json), Gguf = Gemma3.Gguf },
        new() { Type = "phi3", Title = "Phi-3", Takes = "text", Gives = "text", Build = (at, json, _) => Phi3.Build(at, json) },
        new() { Type = "gpt2", Title = "GPT-2", Takes = "text", Gives = "text", Build = (at, json, _) => new Gpt2(at, json), HubNames = Gpt2Names.Hub, Gguf = Gpt2Names.Gguf },
        new() { Type = "mixtral", Title = "Mixtral", Takes = "text", Gives = "text", Build = (at, json, _) => Mixtral.Build(at, json) },
        new() { Type = "qwen3_moe", Title = "Qwen3-MoE", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen3Moe.Build(at, json) },
        .. EfficientNetLite.Architectures.Select(name => new Family { Type = name, Title = "EfficientNet-Lite", Takes = "picture", Gives = "labels, features", Build = (at, json, _) => new EfficientNetLite(at, json) }),
        new() { Type = "ssdlite-mobilenet-v2", Title = "SSDLite MobileNetV2", Takes = "picture", Gives = "boxes, labels", Build = (at, json, _) => new SsdliteMobileNetV2(at, json) },
        new() { Type = "composed", Title = "Composed of parts", Takes = "text, pictures", Gives = "text", Build = (_, json, parts) => ComposedParts.Build(json, parts) },
    ];

    /// <summary>The family of a config.json: timm's <c>architecture</c>, else <c>model_type</c>.</summary>
    /// <exception cref="CheckpointException">None is named, or it is not supported; the nearest is named.</exception>
    public static Family Find(Config config)
    {
        string key = config.Has("architecture") ? "architecture" : "model_type";
        string type = config.String(key);
        return Families.FirstOrDefault(f => f.Type == type) ?? throw config.Bad(key, Unsupported(type, Families.Select(f => f.Type)));
    }

    /// <summary>The family of a GGUF file's <c>general.architecture</c>.</summary>
    /// <exception cref="CheckpointException">It is not supported; the nearest is named.</exception>
    public static Family Find(GgufMetadata metadata)
    {
        string type = metadata.Architecture;
        return Families.FirstOrDefault(f => f.Gguf?.Architecture == type)
            ?? throw new CheckpointException(metadata.Path, "general.architecture", Unsupported(type, Families.Where(f => f.Gguf is not null).Select(f => f.Gguf!.Architecture)));
    }

    static string Unsupported(string type, IEnumerable<string> known)
    {
        string[] names = [.. known];
        return $"is '{type}', which is not supported{NearestName.Hint(type, names)}; supported are {string.Join(", ", names)}";
    }
}
