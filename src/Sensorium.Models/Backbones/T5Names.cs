using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>How T5's tensors and settings are spelt.</summary>
static class T5Names
{
    /// <summary>On the hub: some checkpoints hold the shared table only under the name of one of its users.</summary>
    public static NameTable Hub { get; } = new(
        new NameRow("shared.weight", "shared.weight"),
        new NameRow("shared.weight", "decoder.embed_tokens.weight"),
        new NameRow("shared.weight", "encoder.embed_tokens.weight"));

    /// <summary>In GGUF files (llama.cpp gguf-py tensor_mapping and T5Model of its converter).</summary>
    public static GgufForm Gguf { get; } = new("t5", _ => new NameTable(
    [
        new NameRow("shared.weight", "token_embd.weight"),
        new NameRow("lm_head.weight", "output.weight"),
        .. Stack("encoder", "enc", feedForward: 1),
        .. Stack("decoder", "dec", feedForward: 2),
        new NameRow("decoder.block.{n}.layer.1.layer_norm.weight", "dec.blk.{n}.cross_attn_norm.weight"),
        .. Attention("decoder.block.{n}.layer.1.EncDecAttention", "dec.blk.{n}.cross_attn"),
    ]))
    {
        HubClass = "T5ForConditionalGeneration",
        Defaults = T5Config.Defaults,
        Complete = Complete,
        Spell = Spell,
        Describe = Describe,
    };

    /// <summary>How the metadata has it: the same settings under the names that decoders share.</summary>
    static void Spell(JsonObject json)
    {
        foreach ((string own, string shared) in Keys)
        {
            if (json[own] is { } value)
            {
                json[shared] = value.DeepClone();
            }
        }

        json["max_position_embeddings"] ??= 512;
        json["num_key_value_heads"] = json["num_heads"]?.DeepClone();
        json["layer_norm_eps"] = json["layer_norm_epsilon"]?.DeepClone();

        // transformers writes what follows from the kind of feed-forward beside it.
        if ((HubConfig.Text(json["feed_forward_proj"]), HubConfig.Text(json["dense_act_fn"])) is ("relu", "relu") or ("gated-gelu", "gelu_new"))
        {
            json.Remove("dense_act_fn");
        }
    }

    static void Describe(GgufWriter writer, Config json)
    {
        writer.Add("t5.decoder_block_count", (uint)json.IntOr("num_decoder_layers", json.Int("num_layers")));
        writer.Add("t5.attention.relative_buckets_count", (uint)json.IntOr("relative_attention_num_buckets", 32));
        writer.Add("t5.decoder_start_token_id", (uint)json.IntOr("decoder_start_token_id", json.IntOr("pad_token_id", 0, least: 0), least: 0));
    }

    static (string Own, string Shared)[] Keys =>
    [
        ("d_model", "hidden_size"),
        ("d_kv", "head_dim"),
        ("d_ff", "intermediate_size"),
        ("num_layers", "num_hidden_layers"),
        ("num_heads", "num_attention_heads"),
        ("n_positions", "max_position_embeddings"),
        ("layer_norm_epsilon", "rms_norm_eps"),
    ];

    static IEnumerable<NameRow> Stack(string hub, string gguf, int feedForward) =>
    [
        new NameRow($"{hub}.final_layer_norm.weight", $"{gguf}.output_norm.weight"),
        new NameRow($"{hub}.block.{{n}}.layer.0.layer_norm.weight", $"{gguf}.blk.{{n}}.attn_norm.weight"),
        .. Attention($"{hub}.block.{{n}}.layer.0.SelfAttention", $"{gguf}.blk.{{n}}.attn"),
        new NameRow($"{hub}.block.{{n}}.layer.{feedForward}.layer_norm.weight", $"{gguf}.blk.{{n}}.ffn_norm.weight"),
        new NameRow($"{hub}.block.{{n}}.layer.{feedForward}.DenseReluDense.wi.weight", $"{gguf}.blk.{{n}}.ffn_up.weight"),
        new NameRow($"{hub}.block.{{n}}.layer.{feedForward}.DenseReluDense.wi_0.weight", $"{gguf}.blk.{{n}}.ffn_gate.weight"),
        new NameRow($"{hub}.block.{{n}}.layer.{feedForward}.DenseReluDense.wi_1.weight", $"{gguf}.blk.{{n}}.ffn_up.weight"),
        new NameRow($"{hub}.block.{{n}}.layer.{feedForward}.DenseReluDense.wo.weight", $"{gguf}.blk.{{n}}.ffn_down.weight"),
    ];

    static IEnumerable<NameRow> Attention(string hub, string gguf) =>
    [
        .. "qkvo".Select(c => new NameRow($"{hub}.{c}.weight", $"{gguf}_{c}.weight")),
        new NameRow($"{hub}.relative_attention_bias.weight", $"{gguf}_rel_b.weight"),
    ];

    static void Complete(JsonObject json, GgufMetadata metadata, TensorSource source)
    {
        foreach ((string own, string shared) in Keys)
        {
            if (json[shared] is { } value)
            {
                json[own] = value.DeepClone();
            }
        }

        Copy("num_decoder_layers", "t5.decoder_block_count");
        Copy("relative_attention_num_buckets", "t5.attention.relative_buckets_count");
        Copy("decoder_start_token_id", "t5.decoder_start_token_id");

        // What the metadata does not say: llama.cpp takes a gate for v1.1's feed-forward, too.
        json["feed_forward_proj"] = source.TryGet("enc.blk.0.ffn_gate.weight", out _) ? "gated-gelu" : "relu";

        void Copy(string hub, string gguf)
        {
            if (metadata.TryGet(gguf, out GgufValue? value))
            {
                json[hub] = GgufConfig.Json(value);
            }
        }
    }
}
