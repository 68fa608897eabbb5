using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Llama (Touvron et al. 2023; transformers LlamaForCausalLM): what <see cref="DecoderConfig"/> says where a family says nothing else.</summary>
static class Llama
{
    /// <summary>The sizes of transformers' LlamaConfig, which sections of larger configs leave out where they are the same.</summary>
    public const string SectionDefaults = """
        {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000,
         "max_position_embeddings": 2048}
        """;

    public static GgufForm Gguf { get; } = Form("LlamaForCausalLM");

    public static Decoder Build(Checkpoint at, Config json) => new(at, new DecoderConfig(json, at.OptionalValues("rope_freqs.weight")));

    /// <summary>GGUF's architecture of that name, which other families are written as too.</summary>
    public static GgufForm Form(string hubClass, string defaults = "{}") => new("llama", Names)
    {
        HubClass = hubClass,
        Defaults = defaults,
        Fixed = """{"hidden_act": "silu"}""",
        Extra = GgufRope.Llama3Tensors,
    };

    /// <summary>In GGUF, q and k rows have their rotary pairs as neighbours.</summary>
    static NameTable Names(Config config)
    {
        int heads = config.Int("num_attention_heads");
        return new NameTable(
            new NameRow("model.layers.{n}.self_attn.q_proj.{*}", "blk.{n}.attn_q.{*}", TensorTransform.Interleaved(heads)),
            new NameRow("model.layers.{n}.self_attn.k_proj.{*}", "blk.{n}.attn_k.{*}", TensorTransform.Interleaved(config.IntOr("num_key_value_heads", heads))))
            .Then(GgufNames.PreNorm);
    }
}
