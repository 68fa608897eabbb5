using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>
/// Phi-3 and Phi-4-mini (Abdin et al. 2024; transformers Phi3ForCausalLM): q, k, v are one tensor, gate and up another; the
/// long variants have LongRoPE, and part of a head may stay unrotated.
/// </summary>
static class Phi3
{
    const string Defaults = """{"rms_norm_eps": 1e-5, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096}""";

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        var config = new DecoderConfig(json);
        config = config with
        {
            Attention = config.Attention with { FusedName = "qkv_proj", InputBias = false, OutputBias = false },
            MlpIsFused = true,
        };
        return new Decoder(at, config.WithWindows(json, slides: _ => true));
    }
}
