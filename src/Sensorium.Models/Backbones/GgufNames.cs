using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Decoders' tensors as GGUF spells them (llama.cpp gguf-py tensor_mapping): the rows that families share.</summary>
static class GgufNames
{
    /// <summary>A decoder with norms before attention and MLP.</summary>
    public static NameTable PreNorm { get; } = new NameTable(
        new NameRow("model.layers.{n}.post_attention_layernorm.weight", "blk.{n}.ffn_norm.weight")).Then(Shared());

    /// <summary>A decoder with norms around attention and MLP, stored with one added (Gemma).</summary>
    public static NameTable PlusOneNorms { get; } = new NameTable(
        new NameRow("model.norm.weight", "output_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.input_layernorm.weight", "blk.{n}.attn_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.post_attention_layernorm.weight", "blk.{n}.post_attention_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.pre_feedforward_layernorm.weight", "blk.{n}.ffn_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.post_feedforward_layernorm.weight", "blk.{n}.post_ffw_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.self_attn.q_norm.weight", "blk.{n}.attn_q_norm.weight", TensorTransform.PlusOne),
        new NameRow("model.layers.{n}.self_attn.k_norm.weight", "blk.{n}.attn_k_norm.weight", TensorTransform.PlusOne)).Then(Shared());

    /// <summary>A decoder with norms after attention and MLP.</summary>
    public static NameTable PostNorm { get; } = new NameTable(
        new NameRow("model.layers.{n}.post_attention_layernorm.weight", "blk.{n}.post_attention_norm.weight"),
        new NameRow("model.layers.{n}.post_feedforward_layernorm.weight", "blk.{n}.post_ffw_norm.weight")).Then(Shared());

    /// <summary>A mixture of experts: one tensor holds a projection of all of them.</summary>
    /// <param name="place">Where a layer has it.</param>
    /// <param name="gate">The name of an expert's gate.</param>
    /// <param name="up">The name of the projection that the gate multiplies.</param>
    /// <param name="down">The name of the projection back.</param>
    public static NameTable Experts(string place, string gate, string up, string down) => new(
        new NameRow($"model.layers.{{n}}.{place}.gate.weight", "blk.{n}.ffn_gate_inp.weight"),
        new NameRow($"model.layers.{{n}}.{place}.experts.{{x}}.{gate}.weight", "blk.{n}.ffn_gate_exps.weight"),
        new NameRow($"model.layers.{{n}}.{place}.experts.{{x}}.{up}.weight", "blk.{n}.ffn_up_exps.weight"),
        new NameRow($"model.layers.{{n}}.{place}.experts.{{x}}.{down}.weight", "blk.{n}.ffn_down_exps.weight"));

    // A method and not a property: static properties above are initialised in the order of the text.
    static NameTable Shared() => new(
        new NameRow("model.embed_tokens.weight", "token_embd.weight"),
        new NameRow("model.norm.weight", "output_norm.weight"),
        new NameRow("lm_head.weight", "output.weight"),
        new NameRow("model.layers.{n}.input_layernorm.weight", "blk.{n}.attn_norm.weight"),
        new NameRow("model.layers.{n}.self_attn.q_proj.{*}", "blk.{n}.attn_q.{*}"),
        new NameRow("model.layers.{n}.self_attn.k_proj.{*}", "blk.{n}.attn_k.{*}"),
        new NameRow("model.layers.{n}.self_attn.v_proj.{*}", "blk.{n}.attn_v.{*}"),
        new NameRow("model.layers.{n}.self_attn.q_norm.weight", "blk.{n}.attn_q_norm.weight"),
        new NameRow("model.layers.{n}.self_attn.k_norm.weight", "blk.{n}.attn_k_norm.weight"),
        new NameRow("model.layers.{n}.self_attn.o_proj.{*}", "blk.{n}.attn_output.{*}"),
        new NameRow("model.layers.{n}.mlp.gate_proj.{*}", "blk.{n}.ffn_gate.{*}"),
        new NameRow("model.layers.{n}.mlp.up_proj.{*}", "blk.{n}.ffn_up.{*}"),
        new NameRow("model.layers.{n}.mlp.down_proj.{*}", "blk.{n}.ffn_down.{*}"));
}
