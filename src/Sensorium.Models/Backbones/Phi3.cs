using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>
/// Phi-3 and Phi-4-mini (Abdin et al. 2024; transformers Phi3ForCausalLM): q, k, v are one tensor, gate and up another; the
/// long variants have LongRoPE, and part of a head may stay unrotated.
/// </summary>
static class Phi3
{
    const string Defaults = """{"rms_norm_eps": 1e-5, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096}""";

    const string TrainedKey = "phi3.rope.scaling.original_context_length";
    const string MagnitudeKey = "phi3.rope.scaling.attn_factor";

    public static GgufForm Gguf { get; } = new("phi3", _ => new NameTable(
        new NameRow("model.layers.{n}.self_attn.qkv_proj.weight", "blk.{n}.attn_qkv.weight"),
        new NameRow("model.layers.{n}.mlp.gate_up_proj.weight", "blk.{n}.ffn_up.weight")).Then(GgufNames.PreNorm))
    {
        HubClass = "Phi3ForCausalLM",
        Defaults = Defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Complete = Complete,
        Describe = Describe,
        Extra = GgufRope.LongTensors,
    };

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);

        // A GGUF file's divisors stand in the config that is made of it; here they are only claimed.
        at.OptionalValues(GgufRope.LongFactors);
        at.OptionalValues(GgufRope.ShortFactors);
        var config = new DecoderConfig(json);
        config = config with
        {
            Attention = config.Attention with { FusedName = "qkv_proj", InputBias = false, OutputBias = false },
            MlpIsFused = true,
        };
        return new Decoder(at, config.WithWindows(json, slides: _ => true));
    }

    static void Complete(JsonObject json, GgufMetadata metadata, TensorSource source)
    {
        json.Remove("rope_scaling");
        if (metadata.Integer("phi3.attention.sliding_window") is 0)
        {
            json.Remove("sliding_window");
        }

        if (metadata.Integer(TrainedKey) is { } trained)
        {
            json["original_max_position_embeddings"] = trained;
        }

        if (metadata.Integer("phi3.rope.dimension_count") is { } rotated && GgufRope.Share(json, rotated) is { } share)
        {
            json["partial_rotary_factor"] = share;
        }

        if (source.TryGet(GgufRope.LongFactors, out RawTensor? beyond) && source.TryGet(GgufRope.ShortFactors, out RawTensor? within))
        {
            json["rope_scaling"] = GgufRope.RecoverLong(json, beyond, within, metadata.Number(MagnitudeKey) ?? 1);
        }
    }

    /// <summary>llama.cpp wants a window of 0 where there is none: by it it tells Phi-4.</summary>
    static void Describe(GgufWriter writer, Config json)
    {
        if (!json.Has("sliding_window"))
        {
            writer.Add("phi3.attention.sliding_window", 0u);
        }

        if (!writer.Has(TrainedKey))
        {
            writer.Add(TrainedKey, (uint)json.Int("original_max_position_embeddings"));
        }
    }
}
