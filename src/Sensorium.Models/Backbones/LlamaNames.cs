using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Llama's tensors as GGUF spells them (llama.cpp gguf-py tensor_mapping): q and k rows have their rotary pairs as neighbours.</summary>
static class LlamaNames
{
    public static NameTable Gguf(Config config)
    {
        int heads = config.Int("num_attention_heads");
        int kvHeads = config.IntOr("num_key_value_heads", heads);
        return new NameTable(
            new NameRow("model.embed_tokens.weight", "token_embd.weight"),
            new NameRow("model.norm.weight", "output_norm.weight"),
            new NameRow("lm_head.weight", "output.weight"),
            new NameRow("model.layers.{n}.input_layernorm.weight", "blk.{n}.attn_norm.weight"),
            new NameRow("model.layers.{n}.post_attention_layernorm.weight", "blk.{n}.ffn_norm.weight"),
            new NameRow("model.layers.{n}.self_attn.q_proj.{*}", "blk.{n}.attn_q.{*}", TensorTransform.Interleaved(heads)),
            new NameRow("model.layers.{n}.self_attn.k_proj.{*}", "blk.{n}.attn_k.{*}", TensorTransform.Interleaved(kvHeads)),
            new NameRow("model.layers.{n}.self_attn.v_proj.{*}", "blk.{n}.attn_v.{*}"),
            new NameRow("model.layers.{n}.self_attn.o_proj.{*}", "blk.{n}.attn_output.{*}"),
            new NameRow("model.layers.{n}.mlp.gate_proj.{*}", "blk.{n}.ffn_gate.{*}"),
            new NameRow("model.layers.{n}.mlp.up_proj.{*}", "blk.{n}.ffn_up.{*}"),
            new NameRow("model.layers.{n}.mlp.down_proj.{*}", "blk.{n}.ffn_down.{*}"));
    }
}
