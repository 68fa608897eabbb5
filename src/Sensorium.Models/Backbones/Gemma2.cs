using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>
/// Gemma 2 (Gemma Team 2024; transformers Gemma2ForCausalLM): norms around attention and MLP with one added to their
/// weights, scores and logits with soft caps, every second layer within a window, scaled embeddings.
/// </summary>
static class Gemma2
{
    const string Defaults = """
        {
            "vocab_size": 256000, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
            "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 8192,
            "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true, "sliding_window": 4096,
            "query_pre_attn_scalar": 256, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0
        }
        """;

    const int LayersOf27B = 46;

    public static GgufForm Gguf { get; } = new("gemma2", _ => GgufNames.PlusOneNorms)
    {
        HubClass = "Gemma2ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_activation": "gelu_pytorch_tanh"}""",
        Complete = (json, metadata, _) =>
        {
            json["query_pre_attn_scalar"] = UsualScalar(json, LayersOf27B);
            foreach (string cap in Caps)
            {
                if (metadata.Number($"gemma2.{cap}") is { } value)
                {
                    json[cap] = value;
                }
            }
        },
        Spell = json => DropUsualLayers(json, slides: layer => layer % 2 == 0),
        Describe = (writer, json) =>
        {
            foreach (string cap in Caps.Where(json.Has))
            {
                writer.Add($"gemma2.{cap}", json.Float(cap));
            }
        },
    };

    static string[] Caps => ["attn_logit_softcapping", "final_logit_softcapping"];

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        return new Decoder(at, Read(json).WithWindows(json, slides: layer => layer % 2 == 0));
    }

    /// <summary>What Gemma 2 and 3 have in common.</summary>
    public static DecoderConfig Read(Config json)
    {
        var config = new DecoderConfig(json);
        float scalar = json.Float("query_pre_attn_scalar");
        if (scalar <= 0)
        {
            throw json.Bad("query_pre_attn_scalar", "must be positive");
        }

        AttentionShape shape = config.Attention.Shape with
        {
            Scale = 1 / MathF.Sqrt(scalar),
            SoftCap = json.Float("attn_logit_softcapping", 0),
        };
        return config with
        {
            Norms = NormPlacement.Around,
            NormOffset = 1,
            EmbeddingScale = MathF.Sqrt(config.HiddenSize),
            FinalSoftCap = json.Float("final_logit_softcapping", 0),
            Attention = config.Attention with { Shape = shape },
        };
    }

    /// <summary>
    /// What queries are divided by the root of. llama.cpp's converter keeps it to itself: it is the head's size in all models
    /// but the one with 27 billion weights, which is known by its layers.
    /// </summary>
    public static JsonNode? UsualScalar(JsonObject json, int layersOf27B) =>
        Number(json, "num_hidden_layers") == layersOf27B && Number(json, "num_attention_heads") is > 0 and { } heads
            ? JsonValue.Create(Number(json, "hidden_size") / heads)
            : json["head_dim"]?.DeepClone();

    /// <summary>Drops layer types that are as GGUF takes for granted; says whether it did.</summary>
    public static bool DropUsualLayers(JsonObject json, Func<int, bool> slides) =>
        json["layer_types"] is JsonArray types
        && !types.Where((type, i) => HubConfig.Text(type) != (slides(i) ? "sliding_attention" : "full_attention")).Any()
        && json.Remove("layer_types");

    static long? Number(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue(out long number) ? number : null;
}
