using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>How a family looks in GGUF files.</summary>
/// <param name="Architecture"><c>general.architecture</c></param>
/// <param name="Names">The tensors' other names, from the config that <see cref="ReadConfig"/> makes.</param>
public sealed partial record GgufForm(string Architecture, Func<Config, NameTable> Names)
{
    // What llama.cpp's converter writes for decoders of every family.
    static readonly (string Hub, string Gguf)[] DecoderKeys =
    [
        ("hidden_size", "{arch}.embedding_length"),
        ("intermediate_size", "{arch}.feed_forward_length"),
        ("num_hidden_layers", "{arch}.block_count"),
        ("num_attention_heads", "{arch}.attention.head_count"),
        ("num_key_value_heads", "{arch}.attention.head_count_kv"),
        ("head_dim", "{arch}.attention.key_length"),
        ("max_position_embeddings", "{arch}.context_length"),
        ("vocab_size", "{arch}.vocab_size"),
        ("rms_norm_eps", "{arch}.attention.layer_norm_rms_epsilon"),
        ("layer_norm_eps", "{arch}.attention.layer_norm_epsilon"),
        ("rope_theta", "{arch}.rope.freq_base"),
        ("sliding_window", "{arch}.attention.sliding_window"),
        ("rope_scaling.rope_type", "{arch}.rope.scaling.type"),
        ("rope_scaling.factor", "{arch}.rope.scaling.factor"),
        ("rope_scaling.original_max_position_embeddings", "{arch}.rope.scaling.original_context_length"),
        ("rope_scaling.attention_factor", "{arch}.rope.scaling.attn_factor"),
        ("rope_scaling.beta_fast", "{arch}.rope.scaling.yarn_beta_fast"),
        ("rope_scaling.beta_slow", "{arch}.rope.scaling.yarn_beta_slow"),
        ("rope_local_base_freq", "{arch}.rope.freq_base_swa"),
    ];

    /// <summary><c>clip.projector_type</c>, where files of one architecture differ by it; null: it does not matter.</summary>
    public string? ProjectorType { get; init; }

    /// <summary>What the family's metadata has besides, or spells otherwise.</summary>
    public Action<JsonObject, GgufMetadata, TensorSource>? Complete { get; init; }

    /// <summary>A file's projector type; null where it says none. A file may say it for each kind of encoder; the oldest ones of LLaVA do not say it.</summary>
    public static string? ProjectorOf(GgufMetadata metadata) =>
        metadata.String("clip.projector_type") ?? metadata.String("clip.vision.projector_type") ?? metadata.String("clip.audio.projector_type")
        ?? (metadata.Flag("clip.has_llava_projector") == true ? "mlp" : null);

    /// <summary>A file's metadata as the config.json that the hub would have.</summary>
    /// <param name="metadata">The file's keys.</param>
    /// <param name="source">Its tensors: what the metadata does not say is read off them.</param>
    /// <param name="modelType">The family's <c>model_type</c>.</param>
    public Config ReadConfig(GgufMetadata metadata, TensorSource source, string modelType)
    {
        JsonObject json = GgufConfig.Translate(metadata, DecoderKeys);
        json["model_type"] = modelType;
        if (!json.ContainsKey("vocab_size") && metadata.TryGet("tokenizer.ggml.tokens", out GgufValue? tokens))
        {
            json["vocab_size"] = tokens.Count;
        }

        if (json["rope_scaling"] is JsonObject scaling && (scaling["rope_type"] is not JsonValue type || !type.TryGetValue(out string? name) || name == "none"))
        {
            json.Remove("rope_scaling");
        }

        json["tie_word_embeddings"] = !source.TryGet("output.weight", out _);
        json["attention_bias"] = source.TryGet("blk.0.attn_q.bias", out _);
        AddFixed(json);
        Complete?.Invoke(json, metadata, source);
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return new Config(metadata.Path, document.RootElement.Clone());
    }
}
