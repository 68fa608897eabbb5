using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>How BERT's and RoBERTa's tensors and settings are spelt.</summary>
static class BertNames
{
    const string ActivationKey = "bert.hidden_activation";
    const string CausalKey = "bert.attention.causal";
    const string LengthKey = "bert.context_length";
    const string PoolingKey = "bert.pooling_type";
    const string Positions = "embeddings.position_embeddings.weight";

    /// <summary>On the hub, BERT: with <c>bert</c> before the encoder's names or without; norms in the words of TensorFlow in old checkpoints.</summary>
    public static NameTable Bert { get; } = Hub("bert");

    /// <summary>On the hub, RoBERTa and XLM-RoBERTa.</summary>
    public static NameTable Roberta { get; } = Hub("roberta");

    /// <summary>In GGUF files.</summary>
    public static GgufForm Gguf { get; } = new("bert", _ => Tensors())
    {
        HubClass = "BertModel",
        Defaults = BertConfig.BertDefaults,
        LeftOut = ["pooler.", "cls.", "lm_head."],
        Complete = Complete,
        Gather = Gather,
        Spell = json => json["tie_word_embeddings"] = true,
        Describe = Describe,
    };

    /// <summary>A RoBERTa in GGUF files is a BERT: its table of positions begins with the first that a token has.</summary>
    public static GgufForm RobertaGguf { get; } = Gguf with
    {
        Names = config => new NameTable(new NameRow(Positions, "position_embd.weight", TensorTransform.Without(BertConfig.Roberta(config).FirstPosition))).Then(Tensors()),
        Defaults = BertConfig.RobertaDefaults,
        Describe = (writer, json) =>
        {
            Describe(writer, json);
            writer.Remove(LengthKey);
            writer.Add(LengthKey, (uint)BertConfig.Roberta(json).ContextLength);
        },
        Expect = (taken, json) =>
        {
            taken.Remove("pad_token_id");
            taken["max_position_embeddings"] = $"{BertConfig.Roberta(json).ContextLength}";
        },
    };

    static NameTable Tensors() => new(
        new NameRow("embeddings.word_embeddings.weight", "token_embd.weight"),
        new NameRow(Positions, "position_embd.weight"),
        new NameRow("embeddings.token_type_embeddings.weight", "token_types.weight"),
        new NameRow("embeddings.LayerNorm.{*}", "token_embd_norm.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.query.{*}", "blk.{n}.attn_q.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.key.{*}", "blk.{n}.attn_k.{*}"),
        new NameRow("encoder.layer.{n}.attention.self.value.{*}", "blk.{n}.attn_v.{*}"),
        new NameRow("encoder.layer.{n}.attention.output.dense.{*}", "blk.{n}.attn_output.{*}"),
        new NameRow("encoder.layer.{n}.attention.output.LayerNorm.{*}", "blk.{n}.attn_output_norm.{*}"),
        new NameRow("encoder.layer.{n}.intermediate.dense.{*}", "blk.{n}.ffn_up.{*}"),
        new NameRow("encoder.layer.{n}.output.dense.{*}", "blk.{n}.ffn_down.{*}"),
        new NameRow("encoder.layer.{n}.output.LayerNorm.{*}", "blk.{n}.layer_output_norm.{*}"));

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
        // llama.cpp computes all of this architecture with GELU's tanh formula, and its files do not name it; those made here name the model's own.
        json["hidden_act"] = metadata.String(ActivationKey) ?? "gelu_new";
        json["is_decoder"] = metadata.Flag(CausalKey) ?? false;
        json["type_vocab_size"] = source.TryGet("token_types.weight", out RawTensor? types) ? types.Shape[0] : 0;
        json.Remove("attention_bias");
        if (metadata.Integer(PoolingKey) is { } pooling)
        {
            json["pooling_type"] = pooling;
        }
    }

    static void Gather(JsonObject json, ModelFiles files, ICollection<string> remarks)
    {
        if (SentenceFiles.PoolingType(files, remarks) is { } pooling)
        {
            json["pooling_type"] = pooling;
        }

        string activation = HubConfig.Text(json["hidden_act"]) ?? "gelu";
        if (activation is "gelu" or "gelu_python")
        {
            remarks.Add($"config: hidden_act {activation} is carried over, but llama.cpp takes GELU's tanh formula for this architecture; its vectors differ a little from those given here");
        }
        else if (activation is not ("gelu_new" or "gelu_pytorch_tanh" or "gelu_fast"))
        {
            throw files.Config.Bad("hidden_act", $"is '{activation}'; GGUF's bert has GELU alone");
        }
    }

    static void Describe(GgufWriter writer, Config json)
    {
        writer.Add(CausalKey, false);
        writer.Add(ActivationKey, json.String("hidden_act"));
        if (json.Has("pooling_type"))
        {
            writer.Add(PoolingKey, (uint)json.Int("pooling_type", least: 0));
        }
    }
}
