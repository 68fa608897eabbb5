using Sensorium.Models.Layers;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>OLMo 2 (Walsh et al. 2025; transformers Olmo2ForCausalLM): norms after attention and MLP, and on whole rows of queries and keys.</summary>
static class Olmo2
{
    const string Defaults = """{"rms_norm_eps": 1e-5, "max_position_embeddings": 2048}""";

    public static Decoder Build(Checkpoint at, Config json)
    {
        var config = new DecoderConfig(json.WithDefaults(Defaults));
        return new Decoder(at, config with
        {
            Norms = NormPlacement.After,
            Attention = config.Attention with { Norm = QueryKeyNorm.Row },
        });
    }
}
