using Sensorium.Models.Layers;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Qwen3-MoE (Yang et al. 2025; transformers Qwen3MoeForCausalLM): Qwen3 with a mixture of small experts in all or most layers.</summary>
static class Qwen3Moe
{
    const string Defaults = """{"num_experts_per_tok": 8, "moe_intermediate_size": 768, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": false}""";

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults).WithDefaults(Qwen3.Defaults);
        DecoderConfig config = Qwen3.Read(json);
        string experts = json.Has("num_experts") ? "num_experts" : "num_local_experts";
        MixtureConfig mixture = MixtureConfig.Read(json, experts, config.HiddenSize, json.Int("moe_intermediate_size"), config.HiddenAct) with
        {
            SharesSumToOne = json.Bool("norm_topk_prob", false),
        };
        int step = json.Int("decoder_sparse_step");
        HashSet<int> plain = [.. json.Ints("mlp_only_layers")];
        return new Decoder(at, config with
        {
            FeedForwardOf = (at, layer) => !plain.Contains(layer) && (layer + 1) % step == 0 ? new MixtureOfExperts(at["mlp"], mixture) : null,
        });
    }
}
