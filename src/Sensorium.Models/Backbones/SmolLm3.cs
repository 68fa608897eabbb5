using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>SmolLM3 (Bakouch et al. 2025; transformers SmolLM3ForCausalLM): Llama in which every few layers do not rotate positions.</summary>
static class SmolLm3
{
    const string Defaults = """
        {
            "tie_word_embeddings": true, "num_key_value_heads": 4, "max_position_embeddings": 32768,
            "rope_theta": 2000000.0, "no_rope_layer_interval": 4
        }
        """;

    // llama.cpp knows this interval alone.
    const int UsualInterval = 4;

    /// <summary>In GGUF files its rows lie as Llama's.</summary>
    public static GgufForm Gguf { get; } = new("smollm3", Llama.Names)
    {
        HubClass = "SmolLM3ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Spell = Spell,
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        var config = new DecoderConfig(json);
        bool[] rotates = RotatingLayers(json, config.NumHiddenLayers);
        config = config with { AttentionOf = layer => rotates[layer] ? config.Attention : config.Attention with { Rope = null } };
        return new Decoder(at, json.Bool("use_sliding_window", false) ? config.WithWindows(json, slides: layer => !rotates[layer]) : config);
    }

    static void Spell(JsonObject json)
    {
        Qwen2.DropUnusedWindow(json);
        if (json["no_rope_layers"] is JsonArray flags && !flags.Where((flag, i) => flag?.ToJsonString() != ((i + 1) % UsualInterval == 0 ? "0" : "1")).Any())
        {
            json.Remove("no_rope_layers");
            json["no_rope_layer_interval"] = UsualInterval;
        }
    }

    // Despite its name, no_rope_layers has a 1 where a layer does rotate.
    static bool[] RotatingLayers(Config json, int layers)
    {
        if (!json.Has("no_rope_layers"))
        {
            int interval = json.Int("no_rope_layer_interval");
            return [.. Enumerable.Range(1, layers).Select(i => i % interval != 0)];
        }

        int[] flags = json.Ints("no_rope_layers");
        return flags.Length == layers
            ? [.. flags.Select(flag => flag != 0)]
            : throw json.Bad("no_rope_layers", $"has {flags.Length} entries for {layers} layers");
    }
}
