using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Writes a GGUF file's metadata as the config.json that the hub would have, so that a family reads one form.</summary>
static class GgufConfig
{
    // The hub's key, the metadata's key after "<architecture>.", in the spelling of llama.cpp.
    static readonly (string Hub, string Gguf)[] Numbers =
    [
        ("hidden_size", "embedding_length"),
        ("intermediate_size", "feed_forward_length"),
        ("num_hidden_layers", "block_count"),
        ("num_attention_heads", "attention.head_count"),
        ("num_key_value_heads", "attention.head_count_kv"),
        ("head_dim", "attention.key_length"),
        ("max_position_embeddings", "context_length"),
        ("vocab_size", "vocab_size"),
        ("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
        ("layer_norm_eps", "attention.layer_norm_epsilon"),
        ("rope_theta", "rope.freq_base"),
        ("sliding_window", "attention.sliding_window"),
    ];

    public static Config Of(GgufMetadata metadata, TensorSource source, string modelType)
    {
        string prefix = metadata.Architecture + ".";
        var json = new JsonObject { ["model_type"] = modelType };
        foreach ((string hub, string gguf) in Numbers)
        {
            if (metadata.Number(prefix + gguf) is { } number)
            {
                json[hub] = number == Math.Floor(number) && Math.Abs(number) < int.MaxValue ? JsonValue.Create((long)number) : JsonValue.Create(number);
            }
        }

        if (!json.ContainsKey("vocab_size") && metadata.TryGet("tokenizer.ggml.tokens", out GgufValue? tokens))
        {
            json["vocab_size"] = tokens.Count;
        }

        AddRopeScaling(metadata, prefix, json);
        json["tie_word_embeddings"] = !source.TryGet("output.weight", out _);
        json["attention_bias"] = source.TryGet("blk.0.attn_q.bias", out _);
        return new Config(metadata.Path, JsonSerializer.SerializeToElement(json, JsonContext.Default.JsonObject));
    }

    static void AddRopeScaling(GgufMetadata metadata, string prefix, JsonObject json)
    {
        if (metadata.String(prefix + "rope.scaling.type") is not { } type || type == "none")
        {
            return;
        }

        var scaling = new JsonObject { ["rope_type"] = type, ["factor"] = metadata.Number(prefix + "rope.scaling.factor") };
        if (metadata.Integer(prefix + "rope.scaling.original_context_length") is { } trained)
        {
            scaling["original_max_position_embeddings"] = trained;
        }

        if (metadata.Number(prefix + "rope.scaling.attn_factor") is { } attention)
        {
            scaling["attention_factor"] = attention;
        }

        json["rope_scaling"] = scaling;
    }
}

/// <summary>What is written as JSON here.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
sealed partial class JsonContext : System.Text.Json.Serialization.JsonSerializerContext;
