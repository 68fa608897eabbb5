using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Llama's settings (transformers LlamaConfig).</summary>
public sealed record LlamaConfig
{
    /// <summary>Reads a config.json.</summary>
    /// <param name="json">The config.</param>
    /// <param name="ropeDivisors">What GGUF files tell of rope's scaling as a tensor; null: nothing.</param>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts another.</exception>
    public LlamaConfig(Config json, float[]? ropeDivisors = null)
    {
        HiddenSize = json.Int("hidden_size");
        IntermediateSize = json.Int("intermediate_size");
        NumHiddenLayers = json.Int("num_hidden_layers", most: 4096);
        VocabSize = json.Int("vocab_size");
        MaxPositionEmbeddings = json.Int("max_position_embeddings");
        RmsNormEps = json.Float("rms_norm_eps", 1e-6f);
        TieWordEmbeddings = json.Bool("tie_word_embeddings", false);
        HiddenAct = Activations.Read(json, "hidden_act", Activation.Silu);
        MlpBias = json.Bool("mlp_bias", false);
        int heads = json.Int("num_attention_heads");
        int kvHeads = json.IntOr("num_key_value_heads", heads);
        if (heads % kvHeads != 0)
        {
            throw json.Bad("num_key_value_heads", $"is {kvHeads}, of which {heads} attention heads are no multiple");
        }

        if (!json.Has("head_dim") && HiddenSize % heads != 0)
        {
            throw json.Bad("num_attention_heads", $"is {heads}, of which hidden_size {HiddenSize} is no multiple");
        }

        int headDim = json.IntOr("head_dim", HiddenSize / heads);
        bool bias = json.Bool("attention_bias", false);
        RopeTable rope = Rope.Read(json, headDim, ropeDivisors);
        Attention = new SelfAttentionConfig(
            HiddenSize,
            new AttentionShape { Heads = heads, KvHeads = kvHeads, KeySize = headDim },
            rope)
        {
            InputBias = bias,
            OutputBias = bias,
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

    /// <summary>The token embedding is the output matrix too.</summary>
    public bool TieWordEmbeddings { get; }

    /// <summary>The MLP's activation.</summary>
    public Activation HiddenAct { get; }

    /// <summary>Whether the MLP's projections have biases.</summary>
    public bool MlpBias { get; }

    /// <summary>How attention is built.</summary>
    public SelfAttentionConfig Attention { get; }
}

/// <summary>Llama's decoder layer: attention and a gated MLP, each after an RMS norm and around a residual (Touvron et al. 2023, §2.2; transformers LlamaDecoderLayer).</summary>
public sealed class LlamaLayer(Checkpoint at, LlamaConfig config, int layer) : IBlock
{
    readonly RmsNorm inputLayernorm = new(at["input_layernorm"], config.HiddenSize, config.RmsNormEps);
    readonly GroupedQueryAttention selfAttn = new(at["self_attn"], config.Attention, layer);
    readonly RmsNorm postAttentionLayernorm = new(at["post_attention_layernorm"], config.HiddenSize, config.RmsNormEps);
    readonly GatedMlp mlp = new(at["mlp"], config.HiddenSize, config.IntermediateSize, config.HiddenAct, config.MlpBias);

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">Hidden states, [rows, hidden].</param>
    /// <param name="plan">Which rows are which sequence's, at which positions, and where their keys and values live.</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = selfAttn.Forward(c, inputLayernorm.Forward(c, x), plan, residual: x);
        return mlp.Forward(c, postAttentionLayernorm.Forward(c, x), residual: x);
    }
}

/// <summary>Llama (Touvron et al. 2023; transformers LlamaForCausalLM).</summary>
public sealed class Llama : Backbone
{
    readonly LlamaConfig config;
    readonly Weight embedTokens;
    readonly LlamaLayer[] layers;
    readonly RmsNorm norm;
    readonly Linear lmHead;
    readonly string[] stages;

    /// <param name="at">The checkpoint's root: holds <c>model</c> and, unless tied, <c>lm_head</c>.</param>
    /// <param name="json">Its config.</param>
    public Llama(Checkpoint at, Config json)
    {
        config = new LlamaConfig(json, at.OptionalValues("rope_freqs.weight"));
        Checkpoint model = at["model"];
        embedTokens = model["embed_tokens"].Weight(
            "weight", config.TieWordEmbeddings ? WeightRole.TableAndMatrix : WeightRole.Table, config.VocabSize, config.HiddenSize);
        layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new LlamaLayer(model["layers"][i], config, i))];
        norm = new RmsNorm(model["norm"], config.HiddenSize, config.RmsNormEps);
        lmHead = config.TieWordEmbeddings
            ? new Linear(embedTokens)
            : new Linear(at["lm_head"], config.HiddenSize, config.VocabSize, hasBias: false);
        stages = [.. Enumerable.Range(1, layers.Length).Select(i => $"hidden_states_{i}")];
        AttentionShape shape = config.Attention.Shape;
        KvLayout = new KvLayout(layers.Length, shape.KvHeads, shape.KeySize, shape.ValueSize);
    }

    /// <inheritdoc/>
    public override int HiddenSize => config.HiddenSize;

    /// <inheritdoc/>
    public override int VocabularySize => config.VocabSize;

    /// <inheritdoc/>
    public override int ContextLength => config.MaxPositionEmbeddings;

    /// <inheritdoc/>
    public override KvLayout KvLayout { get; }

    /// <inheritdoc/>
    public override int ReusableLength =>
        config.Attention.Rope!.DependsOnLength ? config.MaxPositionEmbeddings : int.MaxValue;

    /// <inheritdoc/>
    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids) => c.Embed(embedTokens, ids);

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        for (int i = 0; i < layers.Length; i++)
        {
            x = c.Run(layers[i], x, plan);
            c.Stage(stages[i], x);
        }

        return x;
    }

    /// <inheritdoc/>
    public override Tensor Norm(Compute c, Tensor x) => norm.Forward(c, x);

    /// <inheritdoc/>
    public override Tensor Logits(Compute c, Tensor normed) => lmHead.Forward(c, normed);
}
