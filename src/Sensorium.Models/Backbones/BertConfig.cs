using Sensorium.Models.Layers;
using Sensorium.Tensors;

namespace Sensorium.Models.Backbones;

/// <summary>What BERT and its relatives have in common, and where they differ, as data (transformers BertConfig, RobertaConfig).</summary>
sealed record BertConfig
{
    const string BertDefaults = """
        {
            "vocab_size": 30522, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
            "hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0
        }
        """;

    const string RobertaDefaults = """{"vocab_size": 50265, "pad_token_id": 1}""";

    BertConfig(Config json)
    {
        HiddenSize = json.Int("hidden_size");
        IntermediateSize = json.Int("intermediate_size");
        NumHiddenLayers = json.Int("num_hidden_layers", most: 4096);
        VocabSize = json.Int("vocab_size");
        TypeVocabSize = json.Int("type_vocab_size", least: 0);
        MaxPositionEmbeddings = json.Int("max_position_embeddings");
        LayerNormEps = json.Float("layer_norm_eps");
        HiddenAct = Activations.Read(json, "hidden_act");
        TieWordEmbeddings = json.Bool("tie_word_embeddings", true);
        int heads = json.Int("num_attention_heads");
        if (HiddenSize % heads != 0)
        {
            throw json.Bad("num_attention_heads", $"is {heads}, of which hidden_size {HiddenSize} is no multiple");
        }

        if (json.String("position_embedding_type", "absolute") is not "absolute" and var type)
        {
            throw json.Bad("position_embedding_type", $"is '{type}', which is not supported; absolute is");
        }

        if (json.Bool("is_decoder", false))
        {
            throw json.Bad("is_decoder", "is true: only the encoder is supported");
        }

        Attention = new SelfAttentionConfig(HiddenSize, new AttentionShape { Heads = heads, KvHeads = heads, KeySize = HiddenSize / heads }, Rope: null)
        {
            InputNames = ("self.query", "self.key", "self.value"),
            OutputName = "output.dense",
            InputBias = true,
            OutputBias = true,
        };
    }

    /// <summary>Channels of a row.</summary>
    public int HiddenSize { get; }

    /// <summary>Channels between the MLP's projections.</summary>
    public int IntermediateSize { get; }

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; }

    /// <summary>Token ids.</summary>
    public int VocabSize { get; }

    /// <summary>Kinds of text (first, second); 0: texts have none.</summary>
    public int TypeVocabSize { get; }

    /// <summary>Rows of the table of positions.</summary>
    public int MaxPositionEmbeddings { get; }

    /// <summary>Added to the variance in norms.</summary>
    public float LayerNormEps { get; }

    /// <summary>The MLP's activation, and the masked-token head's.</summary>
    public Activation HiddenAct { get; }

    /// <summary>The word embedding is the masked-token head's matrix too.</summary>
    public bool TieWordEmbeddings { get; }

    /// <summary>How attention is built.</summary>
    public SelfAttentionConfig Attention { get; }

    /// <summary>Positions count real tokens only and begin after this id, which padding has as its position (RoBERTa); null: they count all from 0.</summary>
    public int? PositionsAfterPad { get; init; }

    /// <summary>The longest text, in tokens.</summary>
    public int ContextLength => MaxPositionEmbeddings - FirstPosition;

    /// <summary>The first token's position.</summary>
    public int FirstPosition => PositionsAfterPad is { } pad ? pad + 1 : 0;

    /// <summary>BERT (Devlin et al. 2018).</summary>
    public static BertConfig Bert(Config json) => new(json.WithDefaults(BertDefaults));

    /// <summary>RoBERTa and XLM-RoBERTa (Liu et al. 2019; Conneau et al. 2019).</summary>
    public static BertConfig Roberta(Config json)
    {
        json = json.WithDefaults(RobertaDefaults).WithDefaults(BertDefaults);
        var config = new BertConfig(json) { PositionsAfterPad = json.Int("pad_token_id", least: 0, most: 1 << 20) };
        return config.ContextLength > 0
            ? config
            : throw json.Bad("max_position_embeddings", $"is {config.MaxPositionEmbeddings}, and positions begin at {config.FirstPosition} (pad_token_id + 1)");
    }
}
