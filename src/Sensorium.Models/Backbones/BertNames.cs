using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>How BERT's and RoBERTa's tensors and settings are spelt.</summary>
static class BertNames
{
    /// <summary>On the hub, BERT: with <c>bert</c> before the encoder's names or without; norms in the words of TensorFlow in old checkpoints.</summary>
    public static NameTable Bert { get; } = Hub("bert");

    /// <summary>On the hub, RoBERTa and XLM-RoBERTa.</summary>
    public static NameTable Roberta { get; } = Hub("roberta");

    /// <summary>In GGUF files. RoBERTa's are alike there: its table of positions begins with the first real one.</summary>
    public static GgufForm Gguf { get; } = new("bert", _ => new NameTable(
        new NameRow("embeddings.word_embeddings.weight", "token_embd.weight"),
        new NameRow("embeddings.position_embeddings.weight", "position_embd.weight"),
        new NameRow("embeddings.token_type_embeddings.weight", "token_types.weight"),
        new NameRow("embeddings.LayerNorm.{*}", "token_embd_norm.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.query.{*}", "blk.{n}.attn_q.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.key.{*}", "blk.{n}.attn_k.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.value.{*}", "blk.{n}.attn_v.{*}"),
        new NameRow("encoder.layer.{n}.attention.output.dense.{*}", "blk.{n}.attn_output.{*}"),
        new NameRow("encoder.layer.{n}.attention.output.LayerNorm.{*}", "blk.{n}.attn_output_norm.{*}"),
        new NameRow("encoder.layer.{n}.intermediate.dense.{*}", "blk.{n}.ffn_up.{*}"),
        new NameRow("encoder.layer.{n}.output.dense.{*}", "blk.{n}.ffn_down.{*}"),
        new NameRow("encoder.layer.{n}.output.LayerNorm.{*}", "blk.{n}.layer_output_norm.{*}")))
    {
        Complete = Complete,
    };

    static NameTable Hub(string prefix) => new(
        new NameRow("cls.{*}", "cls.{*}"),
        new NameRow("lm_head.{*}", "lm_head.{*}"),
        new NameRow("{*}", prefix + ".{*}"),
        new NameRow("{*}", "{*}"),
        new NameRow("{*}LayerNorm.weight", prefix + ".{*}LayerNorm.gamma"),
        new NameRow("{*}LayerNorm.bias", prefix + ".{*}LayerNorm.beta"),
        new NameRow("{*}LayerNorm.weight", "{*}LayerNorm.gamma"),
        new NameRow("{*}LayerNorm.bias", "{*}LayerNorm.beta"));

    static void Complete(JsonObject json, GgufMetadata metadata, TensorSource source)
    {
        // The files do not name the activation. llama.cpp computes all of this architecture with GELU's tanh formula.
        json["hidden_act"] = "gelu_new";
        json["is_decoder"] = metadata.Flag("bert.attention.causal") ?? false;
        json["type_vocab_size"] = source.TryGet("token_types.weight", out Tensors.RawTensor? types) ? types.Shape[0] : 0;
        if (metadata.Integer("bert.pooling_type") is { } pooling)
        {
            json["pooling_type"] = pooling;
        }
    }
}
