using Sensorium.Models.Layers;
using Sensorium.Tensors;

namespace Sensorium.Models.Backbones;

/// <summary>T5's settings (transformers T5Config): the original's, those of v1.1 (Flan-T5) and of mT5.</summary>
sealed class T5Config
{
    /// <summary>What transformers' class has where a config leaves it out.</summary>
    public const string Defaults = """
        {
            "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8,
            "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128,
            "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu", "pad_token_id": 0
        }
        """;

    const string MultilingualDefaults = """
        {
            "vocab_size": 250112, "d_ff": 1024, "num_layers": 8, "num_heads": 6,
            "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false
        }
        """;

    // What T5 was trained on, and what its configs name where they name a length.
    const int TrainedLength = 512;

    public T5Config(Config json, bool isMultilingual)
    {
        json = (isMultilingual ? json.WithDefaults(MultilingualDefaults) : json).WithDefaults(Defaults);
        VocabSize = json.Int("vocab_size");
        DModel = json.Int("d_model");
        DKv = json.Int("d_kv");
        DFf = json.Int("d_ff");
        NumLayers = json.Int("num_layers", most: 4096);
        NumDecoderLayers = json.IntOr("num_decoder_layers", NumLayers, most: 4096);
        NumHeads = json.Int("num_heads");
        LayerNormEpsilon = json.Float("layer_norm_epsilon");
        NPositions = json.IntOr("n_positions", TrainedLength);
        (IsGatedAct, DenseActFn) = FeedForward(json);
        RelativeAttentionNumBuckets = json.Int("relative_attention_num_buckets", least: 4, most: 1 << 16);
        RelativeAttentionMaxDistance = json.Int("relative_attention_max_distance");
        if (RelativeAttentionMaxDistance <= RelativeAttentionNumBuckets / 2)
        {
            throw json.Bad("relative_attention_max_distance", $"is {RelativeAttentionMaxDistance}; it must be more than half of relative_attention_num_buckets, which is {RelativeAttentionNumBuckets}");
        }

        DecoderStartTokenId = json.IntOr("decoder_start_token_id", json.IntOr("pad_token_id", 0, least: 0), least: 0);
        if (DecoderStartTokenId >= VocabSize)
        {
            throw json.Bad("decoder_start_token_id", $"is {DecoderStartTokenId}, the vocabulary has {VocabSize} tokens");
        }

        // Whether the output is scaled went by whether the head is tied, until transformers 5 gave it a key of its own.
        TieWordEmbeddings = json.Bool("tie_word_embeddings", true);
        SaysHowToScale = json.Has("scale_decoder_outputs");
        ScaleDecoderOutputs = json.Bool("scale_decoder_outputs", TieWordEmbeddings);
    }

    public int VocabSize { get; }

    public int DModel { get; }

    public int DKv { get; }

    public int DFf { get; }

    public int NumLayers { get; }

    public int NumDecoderLayers { get; }

    public int NumHeads { get; }

    public int NPositions { get; }

    public int RelativeAttentionNumBuckets { get; }

    public int RelativeAttentionMaxDistance { get; }

    public float LayerNormEpsilon { get; }

    public bool IsGatedAct { get; }

    public Activation DenseActFn { get; }

    public int DecoderStartTokenId { get; }

    /// <summary>The decoder's output is multiplied by DModel^-0.5 before the head.</summary>
    public bool ScaleDecoderOutputs { get; }

    /// <summary>The decoder's token embedding is the output matrix too.</summary>
    public bool TieWordEmbeddings { get; }

    /// <summary>Written by transformers 5, which says that the head is tied whatever the file holds.</summary>
    public bool SaysHowToScale { get; }

    /// <summary>Scores are not scaled.</summary>
    public AttentionShape Shape(RelativeBias? bias) => new() { Heads = NumHeads, KvHeads = NumHeads, KeySize = DKv, Scale = 1, Bias = bias };

    /// <summary><c>feed_forward_proj</c> is <c>relu</c> or <c>gated-silu</c>; <c>gated-gelu</c> means the tanh formula. Keys that say it in parts come first, as in the reference.</summary>
    static (bool IsGated, Activation Activation) FeedForward(Config json)
    {
        string projection = json.String("feed_forward_proj");
        string[] words = projection.Split('-');
        if (words.Length > 2 || (words.Length == 2 && words[0] != "gated"))
        {
            throw json.Bad("feed_forward_proj", $"is '{projection}'; it is an activation, as 'relu', or 'gated-' and an activation, as 'gated-gelu'");
        }

        bool gated = json.Bool("is_gated_act", words[0] == "gated");
        Activation activation = json.Has("dense_act_fn") ? Activations.Read(json, "dense_act_fn")
            : projection == "gated-gelu" ? Activation.GeluTanh
            : Activations.Named(words[^1]) ?? throw json.Bad("feed_forward_proj", $"is '{projection}', whose activation is not supported; relu, gelu, silu, gated-gelu and gated-silu are");
        return (gated, activation);
    }
}
