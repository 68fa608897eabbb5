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
        new() { Type = "llama", Title = "Llama", Takes = "text", Gives = "text", Build = (at, json, _) => Llama.Build(at, json), Gguf = Llama.Gguf, SectionDefaults = Llama.SectionDefaults },
        new() { Type = "mistral", Title = "Mistral", Takes = "text", Gives = "text", Build = (at, json, _) => Mistral.Build(at, json), Gguf = Mistral.Gguf, SectionDefaults = Mistral.SectionDefaults },
        new() { Type = "qwen2", Title = "Qwen2", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen2.Build(at, json), Gguf = Qwen2.Gguf, SectionDefaults = Qwen2.SectionDefaults },
        new() { Type = "qwen3", Title = "Qwen3", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen3.Build(at, json), Gguf = Qwen3.Gguf },
        new() { Type = "olmo2", Title = "OLMo 2", Takes = "text", Gives = "text", Build = (at, json, _) => Olmo2.Build(at, json) },
        new() { Type = "smollm3", Title = "SmolLM3", Takes = "text", Gives = "text", Build = (at, json, _) => SmolLm3.Build(at, json) },
        new() { Type = "gemma2", Title = "Gemma 2", Takes = "text", Gives = "text", Build = (at, json, _) => Gemma2.Build(at, json) },
        new() { Type = "gemma3_text", Title = "Gemma 3", Takes = "text", Gives = "text", Build = (at, json, _) => Gemma3.Build(at, json), Gguf = Gemma3.Gguf },
        new() { Type = "phi3", Title = "Phi-3", Takes = "text", Gives = "text", Build = (at, json, _) => Phi3.Build(at, json) },
        new() { Type = "gpt2", Title = "GPT-2", Takes = "text", Gives = "text", Build = (at, json, _) => new Gpt2(at, json), HubNames = Gpt2Names.Hub, Gguf = Gpt2Names.Gguf },
        new() { Type = "t5", Title = "T5", Takes = "text", Gives = "text", Build = (at, json, _) => new T5(at, json), HubNames = T5Names.Hub, Gguf = T5Names.Gguf },
        new() { Type = "mt5", Title = "T5", Takes = "text", Gives = "text", Build = (at, json, _) => new T5(at, json, isMultilingual: true), HubNames = T5Names.Hub },
        new() { Type = "mixtral", Title = "Mixtral", Takes = "text", Gives = "text", Build = (at, json, _) => Mixtral.Build(at, json) },
        new() { Type = "qwen3_moe", Title = "Qwen3-MoE", Takes = "text", Gives = "text", Build = (at, json, _) => Qwen3Moe.Build(at, json) },
        new() { Type = "bert", Title = "BERT", Takes = "text", Gives = "vectors", Embeds = Embeds.Texts, Build = (at, json, parts) => new Bert(at, BertConfig.Bert(json), json, parts), HubNames = BertNames.Bert, Gguf = BertNames.Gguf },
        new() { Type = "roberta", Title = "RoBERTa", Takes = "text", Gives = "vectors", Embeds = Embeds.Texts, Build = (at, json, parts) => new Bert(at, BertConfig.Roberta(json), json, parts), HubNames = BertNames.Roberta },
        new() { Type = "xlm-roberta", Title = "RoBERTa", Takes = "text", Gives = "vectors", Embeds = Embeds.Texts, Build = (at, json, parts) => new Bert(at, BertConfig.Roberta(json), json, parts), HubNames = BertNames.Roberta },
        new() { Type = "vit", Title = "ViT", Takes = "picture", Gives = "labels, features", Build = Vit.Build, HubNames = Vit.HubNames },
        new() { Type = "clip", Title = "CLIP", Takes = "text, pictures", Gives = "vectors", Embeds = Embeds.Texts | Embeds.Pictures, Build = Clip.Build },
        new() { Type = "clip_vision_model", Title = "CLIP, pictures' half", Takes = "picture", Gives = "vectors, features", Embeds = Embeds.Pictures, Build = Clip.BuildVision, HubNames = Clip.HubNames },
        new() { Type = "clip_text_model", Title = "CLIP, texts' half", Takes = "text", Gives = "vectors", Embeds = Embeds.Texts, Build = (at, json, _) => Clip.BuildText(at, json), HubNames = Clip.HubNames },
        new() { Type = "siglip", Title = "SigLIP", Takes = "text, pictures", Gives = "vectors", Embeds = Embeds.Texts | Embeds.Pictures, Build = Siglip.Build },
        new() { Type = "siglip_vision_model", Title = "SigLIP, pictures' half", Takes = "picture", Gives = "vectors, features", Embeds = Embeds.Pictures, Build = Siglip.BuildVision, HubNames = Clip.HubNames },
        new() { Type = "siglip_text_model", Title = "SigLIP, texts' half", Takes = "text", Gives = "vectors", Embeds = Embeds.Texts, Build = (at, json, _) => Siglip.BuildText(at, json), HubNames = Clip.HubNames },
        new() { Type = "llava", Title = "LLaVA", Takes = "text, pictures", Gives = "text", Build = Llava.Build, HubNames = Llava.HubNames },
        new() { Type = "mmproj", Title = "LLaVA vision tower with projector", Takes = "picture", Gives = "soft tokens", Build = (at, json, _) => Mmproj.Build(at, json), Gguf = Mmproj.Gguf },
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
        Family[] families = [.. Families.Where(f => f.Gguf?.Architecture == type)];
        if (families.Length == 0)
        {
            throw new CheckpointException(metadata.Path, "general.architecture", Unsupported(type, Families.Where(f => f.Gguf is not null).Select(f => f.Gguf!.Architecture).Distinct(StringComparer.Ordinal)));
        }

        string? projector = GgufForm.ProjectorOf(metadata);
        return families.FirstOrDefault(f => f.Gguf!.ProjectorType is not { } own || own == projector)
            ?? throw new CheckpointException(
                metadata.Path, "clip.projector_type", projector is null ? "is missing from the metadata" : Unsupported(projector, families.Select(f => f.Gguf!.ProjectorType!)));
    }

    static string Unsupported(string type, IEnumerable<string> known)
    {
        string[] names = [.. known];
        return $"is '{type}', which is not supported{NearestName.Hint(type, names)}; supported are {string.Join(", ", names)}";
    }
}
