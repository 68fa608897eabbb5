using System.Text.Json.Nodes;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Qwen3-MoE (Yang et al. 2025; transformers Qwen3MoeForCausalLM): Qwen3 with a mixture of small experts in all or most layers.</summary>
static class Qwen3Moe
{
    const string Defaults = """{"num_experts_per_tok": 8, "moe_intermediate_size": 768, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": false}""";

    const string ExpertsKey = "qwen3moe.expert_count";

    /// <summary>In GGUF files every layer has experts, and their shares sum to one.</summary>
    public static GgufForm Gguf { get; } = new("qwen3moe", _ => GgufNames.Experts("mlp", "gate_proj", "up_proj", "down_proj").Then(GgufNames.PreNorm))
    {
        HubClass = "Qwen3MoeForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu", "norm_topk_prob": true}""",
        HasExperts = true,
        Complete = (json, metadata, _) => json["num_experts"] = metadata.Integer(ExpertsKey),
        Spell = Spell,
        Describe = Describe,
    };

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

    static void Describe(GgufWriter writer, Config json)
    {
        string[] keys = ["mlp_only_layers", "decoder_sparse_step"];
        if (keys.FirstOrDefault(key => json.Has(key) && json.Json.GetProperty(key).GetRawText().Trim() is not ("1" or "[]")) is { } key)
        {
            throw json.Bad(key, "leaves layers without experts, which GGUF's qwen3moe cannot say");
        }

        writer.Add(ExpertsKey, (uint)json.Int("num_experts"));
    }

    static void Spell(JsonObject json)
    {
        Qwen2.DropUnusedWindow(json);
        json["num_experts"] ??= json["num_local_experts"]?.DeepClone();
    }
}
