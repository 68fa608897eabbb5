using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Qwen2 (Yang et al. 2024; transformers Qwen2ForCausalLM): q, k and v have biases; a window only where the config asks for it.</summary>
static class Qwen2
{
    /// <summary>The sizes of transformers' Qwen2Config, which sections of larger configs leave out where they are the same.</summary>
    public const string SectionDefaults = """
        {"hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 151936}
        """;

    const string Defaults = """{"num_key_value_heads": 32, "sliding_window": 4096, "max_window_layers": 28, "max_position_embeddings": 32768}""";

    public static GgufForm Gguf { get; } = new("qwen2", _ => GgufNames.PreNorm)
    {
        HubClass = "Qwen2ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Complete = (json, _, _) => json.Remove("attention_bias"),
        Spell = DropUnusedWindow,
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        var config = new DecoderConfig(json);
        config = config with { Attention = config.Attention with { InputBias = true, OutputBias = false } };
        return new Decoder(at, WithUpperWindows(config, json));
    }

    /// <summary>A window that the config names and does not use.</summary>
    public static void DropUnusedWindow(JsonObject json)
    {
        if (json["use_sliding_window"] is not JsonValue value || !value.TryGetValue(out bool used) || !used)
        {
            json.Remove("sliding_window");
        }
    }

    /// <summary><c>use_sliding_window</c>: layers from <c>max_window_layers</c> on attend within the window.</summary>
    public static DecoderConfig WithUpperWindows(DecoderConfig config, Config json)
    {
        if (!json.Bool("use_sliding_window", false))
        {
            return config;
        }

        int first = json.Int("max_window_layers", least: 0);
        return config.WithWindows(json, slides: layer => layer >= first);
    }
}
