using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>How GPT-2's tensors and settings are spelt.</summary>
static class Gpt2Names
{
    static readonly string[] Turned = ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"];

    /// <summary>On the hub: matrices stand the other way round (transformers Conv1D), and later checkpoints begin every name with <c>transformer</c>.</summary>
    public static NameTable Hub { get; } = new(
    [
        new NameRow("lm_head.weight", "lm_head.weight"),
        .. Turned.Select(name => new NameRow($"h.{{n}}.{name}.weight", $"transformer.h.{{n}}.{name}.weight", TensorTransform.Transposed)),
        new NameRow("{*}", "transformer.{*}"),
        .. Turned.Select(name => new NameRow($"h.{{n}}.{name}.weight", $"h.{{n}}.{name}.weight", TensorTransform.Transposed)),
    ]);

    /// <summary>In GGUF files: Llama's words.</summary>
    public static GgufForm Gguf { get; } = new("gpt2", _ => new NameTable(
        new NameRow("wte.weight", "token_embd.weight"),
        new NameRow("wpe.weight", "position_embd.weight"),
        new NameRow("ln_f.{*}", "output_norm.{*}"),
        new NameRow("lm_head.weight", "output.weight"),
        new NameRow("h.{n}.ln_1.{*}", "blk.{n}.attn_norm.{*}"),
        new NameRow("h.{n}.attn.c_attn.{*}", "blk.{n}.attn_qkv.{*}"),
        new NameRow("h.{n}.attn.c_proj.{*}", "blk.{n}.attn_output.{*}"),
        new NameRow("h.{n}.ln_2.{*}", "blk.{n}.ffn_norm.{*}"),
        new NameRow("h.{n}.mlp.c_fc.{*}", "blk.{n}.ffn_up.{*}"),
        new NameRow("h.{n}.mlp.c_proj.{*}", "blk.{n}.ffn_down.{*}")))
    {
        HubClass = "GPT2LMHeadModel",
        Fixed = """{"activation_function": "gelu_new"}""",
        Complete = (json, _, _) =>
        {
            foreach ((string own, string shared) in Keys)
            {
                json[own] = json[shared]?.DeepClone();
                json.Remove(shared);
            }

            json.Remove("attention_bias");
        },
        Spell = json =>
        {
            foreach ((string own, string shared) in Keys)
            {
                if (json[own]?.DeepClone() is { } value)
                {
                    json[shared] = value;
                }
            }

            if (json["intermediate_size"] is null && json["n_embd"] is JsonValue width && width.TryGetValue(out int channels))
            {
                json["intermediate_size"] = 4L * channels;
            }
        },
    };

    static (string Own, string Shared)[] Keys =>
    [
        ("n_embd", "hidden_size"),
        ("n_head", "num_attention_heads"),
        ("n_layer", "num_hidden_layers"),
        ("n_positions", "max_position_embeddings"),
        ("n_inner", "intermediate_size"),
        ("layer_norm_epsilon", "layer_norm_eps"),
    ];
}
