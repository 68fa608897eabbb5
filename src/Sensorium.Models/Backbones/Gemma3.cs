using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>
/// Gemma 3's language model (Gemma Team 2025; transformers Gemma3ForCausalLM): Gemma 2 with norms on queries and keys
/// instead of soft caps; five of six layers attend within a window and have a rope of their own.
/// </summary>
static class Gemma3
{
    const string Defaults = """
        {
            "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
            "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131072,
            "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true, "sliding_window": 4096,
            "sliding_window_pattern": 6, "query_pre_attn_scalar": 256, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0
        }
        """;

    // llama.cpp's converter keeps the scalar to itself: it is the head's size in all models but the one with 62 layers.
    const int LayersOf27B = 62;

    const string FinalSoftCap = "gemma3.final_logit_softcapping";

    public static GgufForm Gguf { get; } = new("gemma3", _ => GgufNames.PlusOneNorms)
    {
        HubClass = "Gemma3ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_activation": "gelu_pytorch_tanh"}""",
        Complete = (json, metadata, _) =>
        {
            json["query_pre_attn_scalar"] = Scalar(json);
            if (metadata.Number(FinalSoftCap) is { } cap)
            {
                json["final_logit_softcapping"] = cap;
            }
        },
        Spell = DropUsualLayers,
        Describe = (writer, json) =>
        {
            if (json.Has("final_logit_softcapping"))
            {
                writer.Add(FinalSoftCap, json.Float("final_logit_softcapping"));
            }
        },
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        if (json.Bool("use_bidirectional_attention", false))
        {
            throw json.Bad("use_bidirectional_attention", "is true: embedding models of this family are not supported, language models are");
        }

        DecoderConfig config = Gemma2.Read(json);
        int pattern = json.Int("sliding_window_pattern");
        bool[] sliding = DecoderConfig.SlidingLayers(json, config.NumHiddenLayers, layer => (layer + 1) % pattern != 0);
        SelfAttentionConfig full = config.Attention with { Norm = QueryKeyNorm.Heads, NormOffset = 1 };
        SelfAttentionConfig local = full with { Rope = LocalRope(json, full.Shape.KeySize) };
        config = config with { Attention = full, AttentionOf = layer => sliding[layer] ? local : full };
        return new Decoder(at, config.WithWindows(json, slides: layer => sliding[layer]));
    }

    /// <summary>The rope within windows, never scaled: <c>rope_local_base_freq</c>, or in newer configs a section of <c>rope_parameters</c>.</summary>
    static RopeTable LocalRope(Config json, int headSize)
    {
        if (json.SectionOrNull("rope_parameters")?.Has("sliding_attention") == true)
        {
            return Rope.Read(json, headSize, layerType: "sliding_attention");
        }

        float theta = json.Float("rope_local_base_freq");
        return theta > 0 ? new RopeTable(Rope.Plain(theta, headSize)) : throw json.Bad("rope_local_base_freq", "must be positive");
    }

    /// <summary>Layer types as every sixth layer attends to all, which GGUF takes for granted.</summary>
    static void DropUsualLayers(JsonObject json)
    {
        if (json["layer_types"] is JsonArray types && !types.Where((type, i) => HubConfig.Text(type) != ((i + 1) % 6 == 0 ? "full_attention" : "sliding_attention")).Any())
        {
            json.Remove("layer_types");
            json["sliding_window_pattern"] = 6;
        }
    }

    static JsonNode? Scalar(JsonObject json) =>
        Number(json, "num_hidden_layers") == LayersOf27B && Number(json, "num_attention_heads") is > 0 and { } heads
            ? JsonValue.Create(Number(json, "hidden_size") / heads)
            : json["head_dim"]?.DeepClone();

    static long? Number(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue(out long number) ? number : null;
}
