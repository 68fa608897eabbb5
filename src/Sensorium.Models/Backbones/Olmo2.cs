using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>OLMo 2 (Walsh et al. 2025; transformers Olmo2ForCausalLM): norms after attention and MLP, and on whole rows of queries and keys.</summary>
static class Olmo2
{
    const string Defaults = """{"rms_norm_eps": 1e-5, "max_position_embeddings": 2048}""";

    const string WindowKey = "olmo2.attention.sliding_window";

    public static GgufForm Gguf { get; } = new("olmo2", _ => GgufNames.PostNorm)
    {
        HubClass = "Olmo2ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Complete = (_, metadata, _) =>
        {
            // llama.cpp has OLMo 3 under the same name: windows tell it.
            if (metadata.Integer(WindowKey) > 0)
            {
                throw new CheckpointException(metadata.Path, WindowKey, "is there: the file is an OLMo 3, which is not supported; OLMo 2 is");
            }
        },
        Describe = (_, json) =>
        {
            if (json.Bool("tie_word_embeddings", false))
            {
                throw json.Bad("tie_word_embeddings", "is true, which GGUF's olmo2 cannot say");
            }
        },
    };

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
