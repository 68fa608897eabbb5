using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Qwen3 (Yang et al. 2025; transformers Qwen3ForCausalLM): RMS norms on each head's queries and keys, a head size of its own.</summary>
static class Qwen3
{
    public const string Defaults = """{"head_dim": 128, "sliding_window": 4096, "max_window_layers": 28, "max_position_embeddings": 32768}""";

    public static GgufForm Gguf { get; } = new("qwen3", _ => GgufNames.PreNorm)
    {
        HubClass = "Qwen3ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Spell = Qwen2.DropUnusedWindow,
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        return new Decoder(at, Read(json));
    }

    public static DecoderConfig Read(Config json)
    {
        var config = new DecoderConfig(json);
        config = config with { Attention = config.Attention with { Norm = QueryKeyNorm.Heads } };
        return Qwen2.WithUpperWindows(config, json);
    }
}
