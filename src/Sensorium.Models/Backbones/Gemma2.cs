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
}
