using System.Text.Json;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Well-known models by their shape alone, with made-up weights, so that speed is measured without a download.</summary>
public static class ModelShapes
{
    static readonly Dictionary<string, string> Configs = new(StringComparer.Ordinal)
    {
        ["llama-1b"] = Decoder(2048, 8192, 16, 32, 8, 128256, 131072, 500000),

        // Qwen2's biases are left out: they are a thousandth of its weights.
        ["qwen2-0.5b"] = Decoder(896, 4864, 24, 14, 2, 151936, 32768, 1000000),
        ["smollm2-135m"] = Decoder(576, 1536, 30, 9, 3, 49152, 8192, 100000),

        // As LLaVA-1.5 uses it: the last layer is left out, the projector is counted.
        ["vit-l-336"] = """
            {"model_type": "mmproj", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "num_channels": 3,
             "image_size": 336, "patch_size": 14, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "vision_feature_layer": -2, "text_hidden_size": 4096,
             "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
            """,
        ["siglip-b-512"] = """{"model_type": "siglip_vision_model", "image_size": 512}""",
        ["bert-base"] = Bert(768, 3072, 12, 12),
        ["minilm"] = Bert(384, 1536, 6, 12),
        ["vit-b-32"] = """{"model_type": "clip_vision_model", "architectures": ["CLIPVisionModelWithProjection"]}""",
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Configs.Keys;

    /// <summary>Builds a model of a shape and makes up its weights.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="type">The type of its matrices; single tensors get what llama-quantize would give them.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <exception cref="CheckpointException">There is no such shape; the nearest is named.</exception>
    public static (object Model, IReadOnlyList<Weight> Weights) Build(string name, DType type, Device device, IProgress<LoadProgress>? progress = null)
    {
        if (!Configs.TryGetValue(name, out string? json))
        {
            throw new CheckpointException("--shape", name, $"is no known shape{NearestName.Hint(name, Names)}; known are {string.Join(", ", Names)}");
        }

        using JsonDocument document = JsonDocument.Parse(json);
        var config = new Config(name, document.RootElement.Clone());
        Checkpoint at = Checkpoint.Synthetic(type);
        object model = Catalog.Find(config).Build(at, config, new NoParts(config, "names a part, which a model by its shape has not"));
        at.Load(device, progress);
        return (model, [.. at.Weights]);
    }

    /// <summary>The length of text that a model of this shape is measured at, in tokens.</summary>
    public static int UsualTokens(string name) => name == "minilm" ? 128 : 512;

    static string Bert(int hidden, int intermediate, int layers, int heads) => $$"""
        {"model_type": "bert", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}}
        """;

    static string Decoder(int hidden, int intermediate, int layers, int heads, int kvHeads, int vocabulary, int context, int theta) => $$"""
        {"model_type": "llama", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}}, "num_hidden_layers": {{layers}},
         "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}}, "vocab_size": {{vocabulary}},
         "max_position_embeddings": {{context}}, "rope_theta": {{theta}}, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
        """;
}
