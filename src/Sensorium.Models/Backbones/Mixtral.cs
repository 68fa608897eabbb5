using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Mixtral (Jiang et al. 2024; transformers MixtralForCausalLM): Mistral with a mixture of experts in every layer.</summary>
static class Mixtral
{
    const string Defaults = """{"num_key_value_heads": 8, "rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "num_local_experts": 8, "num_experts_per_tok": 2, "max_position_embeddings": 131072}""";

    const string ExpertsKey = "llama.expert_count";

    /// <summary>In GGUF files it is a Llama with experts; llama.cpp has no windows there.</summary>
    public static GgufForm Gguf { get; } = Llama.Form("MixtralForCausalLM", Defaults) with
    {
        Names = config => GgufNames.Experts("block_sparse_moe", "w1", "w3", "w2").Then(Llama.Names(config)),
        HasExperts = true,
        Complete = (json, metadata, _) => json["num_local_experts"] = metadata.Integer(ExpertsKey),
        Describe = (writer, json) => writer.Add(ExpertsKey, (uint)json.Int("num_local_experts")),
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        var config = new DecoderConfig(json);
        MixtureConfig mixture = MixtureConfig.Read(json, "num_local_experts", config.HiddenSize, config.IntermediateSize, config.HiddenAct) with
        {
            GateName = "w1",
            UpName = "w3",
            DownName = "w2",
        };
        config = config with { FeedForwardOf = (at, _) => new MixtureOfExperts(at["block_sparse_moe"], mixture) };
        return new Decoder(at, config.WithWindows(json, slides: _ => true));
    }
}
