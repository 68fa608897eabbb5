using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Where a decoder layer's RMS norms stand.</summary>
public enum NormPlacement
{
    /// <summary>Before attention and MLP: <c>input_layernorm</c>, <c>post_attention_layernorm</c> (Llama).</summary>
    Before,

    /// <summary>After them, within the residual branch: <c>post_attention_layernorm</c>, <c>post_feedforward_layernorm</c> (OLMo 2).</summary>
    After,

    /// <summary>Both: <c>input_layernorm</c>, <c>post_attention_layernorm</c>, <c>pre_feedforward_layernorm</c>, <c>post_feedforward_layernorm</c> (Gemma 2).</summary>
    Around,
}

/// <summary>
/// What decoder-only language models of Llama's descent have in common, and the ways in which they differ, as data
/// (transformers LlamaConfig and its relatives). A family reads it and says what it does otherwise.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>Reads the keys that the families share.</summary>
    /// <param name="json">The config.</param>
    /// <param name="ropeDivisors">What GGUF files tell of rope's scaling as a tensor; null: nothing.</param>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts another.</exception>
    public DecoderConfig(Config json, float[]? ropeDivisors = null)
    {
        HiddenSize = json.Int("hidden_size");
        IntermediateSize = json.Int("intermediate_size");
        NumHiddenLayers = json.Int("num_hidden_layers", most: 4096);
        VocabSize = json.Int("vocab_size");
        MaxPositionEmbeddings = json.Int("max_position_embeddings");
        RmsNormEps = json.Float("rms_norm_eps", 1e-6f);
        TieWordEmbeddings = json.Bool("tie_word_embeddings", false);
        HiddenAct = Activations.Read(json, json.Has("hidden_activation") ? "hidden_activation" : "hidden_act", Activation.Silu);
        MlpBias = json.Bool("mlp_bias", false);
        AttentionShape shape = ReadShape(json, HiddenSize);
        bool bias = json.Bool("attention_bias", false);
        Attention = new SelfAttentionConfig(HiddenSize, shape, Rope.Read(json, shape.KeySize, ropeDivisors))
        {
            InputBias = bias,
            OutputBias = bias,
            NormEps = RmsNormEps,
        };
    }

    /// <summary>Channels of a row.</summary>
    public int HiddenSize { get; }

    /// <summary>Channels between the MLP's projections.</summary>
    public int IntermediateSize { get; }

    /// <summary>Decoder layers.</summary>
    public int NumHiddenLayers { get; }

    /// <summary>Token ids.</summary>
    public int VocabSize { get; }

    /// <summary>The longest sequence it was trained for.</summary>
    public int MaxPositionEmbeddings { get; }

    /// <summary>Added to the mean square in norms.</summary>
    public float RmsNormEps { get; }

    /// <summary>Added to the weights of norms (Gemma stores them less one).</summary>
    public float NormOffset { get; init; }

    /// <summary>Where the norms stand.</summary>
    public NormPlacement Norms { get; init; }

    /// <summary>The token embedding is the output matrix too.</summary>
    public bool TieWordEmbeddings { get; }

    /// <summary>The MLP's activation.</summary>
    public Activation HiddenAct { get; }

    /// <summary>Whether the MLP's projections have biases.</summary>
    public bool MlpBias { get; }

    /// <summary>Whether the MLP's gate and up are one tensor.</summary>
    public bool MlpIsFused { get; init; }

    /// <summary>Token embeddings are multiplied by this.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Logits become cap · tanh(logit / cap); 0: they do not.</summary>
    public float FinalSoftCap { get; init; }

    /// <summary>How attention is built.</summary>
    public SelfAttentionConfig Attention { get; init; }

    /// <summary>The attention of a layer, where layers differ; null: all are alike.</summary>
    public Func<int, SelfAttentionConfig>? AttentionOf { get; init; }

    /// <summary>Makes the second half of a layer at its place; null, or where it gives null: a gated MLP under <c>mlp</c>.</summary>
    public Func<Checkpoint, int, FeedForward?>? FeedForwardOf { get; init; }

    /// <summary>Heads and their sizes; all keys as Llama has them.</summary>
    public static AttentionShape ReadShape(Config json, int hiddenSize)
    {
        int heads = json.Int("num_attention_heads");
        int kvHeads = json.IntOr("num_key_value_heads", heads);
        if (heads % kvHeads != 0)
        {
            throw json.Bad("num_key_value_heads", $"is {kvHeads}, of which {heads} attention heads are no multiple");
        }

        if (!json.Has("head_dim") && hiddenSize % heads != 0)
        {
            throw json.Bad("num_attention_heads", $"is {heads}, of which hidden_size {hiddenSize} is no multiple");
        }

        return new AttentionShape { Heads = heads, KvHeads = kvHeads, KeySize = json.IntOr("head_dim", hiddenSize / heads) };
    }

    /// <summary>This config with a sliding window in some layers: those that <c>layer_types</c> says, else those of a rule.</summary>
    /// <param name="json">The config: <c>sliding_window</c>, which may be null, and <c>layer_types</c>.</param>
    /// <param name="slides">Whether a layer slides where the config does not say.</param>
    public DecoderConfig WithWindows(Config json, Func<int, bool> slides)
    {
        if (!json.Has("sliding_window"))
        {
            return this;
        }

        int window = json.Int("sliding_window");
        bool[] sliding = SlidingLayers(json, NumHiddenLayers, slides);
        Func<int, SelfAttentionConfig> attention = AttentionOf ?? (_ => Attention);
        return this with
        {
            AttentionOf = layer => attention(layer) is var plain && sliding[layer]
                ? plain with { Shape = plain.Shape with { Window = window } }
                : plain,
        };
    }

    /// <summary>Which layers attend within a window.</summary>
    public static bool[] SlidingLayers(Config json, int layers, Func<int, bool> orElse)
    {
        if (!json.Has("layer_types"))
        {
            return [.. Enumerable.Range(0, layers).Select(orElse)];
        }

        string[] types = json.Strings("layer_types");
        if (types.Length < layers)
        {
            throw json.Bad("layer_types", $"has {types.Length} entries for {layers} layers");
        }

        return
        [
            .. types.Take(layers).Select(type => type switch
            {
                "sliding_attention" => true,
                "full_attention" => false,
                _ => throw json.Bad("layer_types", $"has '{type}', which is not supported; full_attention and sliding_attention are"),
            }),
        ];
    }
}
