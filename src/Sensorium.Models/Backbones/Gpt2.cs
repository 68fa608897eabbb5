using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>GPT-2's settings (transformers GPT2Config).</summary>
sealed class Gpt2Config
{
    public Gpt2Config(Config json)
    {
        NEmbd = json.Int("n_embd");
        NHead = json.Int("n_head");
        NLayer = json.Int("n_layer", most: 4096);
        NPositions = json.Int("n_positions");
        VocabSize = json.Int("vocab_size");
        NInner = json.IntOr("n_inner", checked(4 * NEmbd));
        LayerNormEpsilon = json.Float("layer_norm_epsilon", 1e-5f);
        ActivationFunction = Activations.Read(json, "activation_function", Activation.GeluTanh);
        TieWordEmbeddings = json.Bool("tie_word_embeddings", true);
        ScaleAttnWeights = json.Bool("scale_attn_weights", true);
        ScaleAttnByInverseLayerIdx = json.Bool("scale_attn_by_inverse_layer_idx", false);
        if (NEmbd % NHead != 0)
        {
            throw json.Bad("n_head", $"is {NHead}, of which n_embd {NEmbd} is no multiple");
        }

        if (json.Bool("add_cross_attention", false))
        {
            throw json.Bad("add_cross_attention", "is true: GPT-2 as the decoder of another model is not supported by itself");
        }
    }

    public int NEmbd { get; }

    public int NHead { get; }

    public int NLayer { get; }

    public int NPositions { get; }

    public int NInner { get; }

    public int VocabSize { get; }

    public float LayerNormEpsilon { get; }

    public Activation ActivationFunction { get; }

    public bool TieWordEmbeddings { get; }

    public bool ScaleAttnWeights { get; }

    public bool ScaleAttnByInverseLayerIdx { get; }

    public SelfAttentionConfig AttentionOf(int layer)
    {
        int size = NEmbd / NHead;
        float scale = (ScaleAttnWeights ? 1 / MathF.Sqrt(size) : 1) / (ScaleAttnByInverseLayerIdx ? layer + 1 : 1);
        return new SelfAttentionConfig(NEmbd, new AttentionShape { Heads = NHead, KvHeads = NHead, KeySize = size, Scale = scale }, Rope: null)
        {
            FusedName = "c_attn",
            OutputName = "c_proj",
            InputBias = true,
            OutputBias = true,
        };
    }
}

/// <summary>GPT-2's layer: attention and an MLP, each after a layer norm and around a residual (transformers GPT2Block).</summary>
sealed class Gpt2Layer(Checkpoint at, Gpt2Config config, int layer) : IBlock
{
    readonly LayerNorm ln1 = new(at["ln_1"], config.NEmbd, config.LayerNormEpsilon);
    readonly GroupedQueryAttention attn = new(at["attn"], config.AttentionOf(layer), layer);
    readonly LayerNorm ln2 = new(at["ln_2"], config.NEmbd, config.LayerNormEpsilon);
    readonly Mlp mlp = new(
        new Linear(at["mlp"]["c_fc"], config.NEmbd, config.NInner),
        new Linear(at["mlp"]["c_proj"], config.NInner, config.NEmbd),
        config.ActivationFunction);

    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = attn.Forward(c, ln1.Forward(c, x), plan, residual: x);
        return mlp.Forward(c, ln2.Forward(c, x), residual: x);
    }
}

/// <summary>GPT-2 (Radford et al. 2019; transformers GPT2LMHeadModel): learned positions, layer norms, biases everywhere.</summary>
sealed class Gpt2 : Backbone
{
    readonly Gpt2Config config;
    readonly Weight wte;
    readonly Weight wpe;
    readonly Gpt2Layer[] h;
    readonly LayerNorm lnF;
    readonly Linear lmHead;
    readonly string[] stages;

    /// <param name="at">The checkpoint's root.</param>
    /// <param name="json">Its config.</param>
    public Gpt2(Checkpoint at, Config json)
    {
        config = new Gpt2Config(json);
        wte = at["wte"].Weight("weight", config.TieWordEmbeddings ? WeightRole.TableAndMatrix : WeightRole.Table, config.VocabSize, config.NEmbd);
        wpe = at["wpe"].Weight("weight", WeightRole.Table, config.NPositions, config.NEmbd);
        h = [.. Enumerable.Range(0, config.NLayer).Select(i => new Gpt2Layer(at["h"][i], config, i))];
        lnF = new LayerNorm(at["ln_f"], config.NEmbd, config.LayerNormEpsilon);
        lmHead = config.TieWordEmbeddings ? new Linear(wte) : new Linear(at["lm_head"], config.NEmbd, config.VocabSize, hasBias: false);
        stages = [.. Enumerable.Range(1, h.Length).Select(i => $"hidden_states_{i}")];
        KvLayout = new KvLayout(h.Length, config.NHead, config.NEmbd / config.NHead, config.NEmbd / config.NHead);

        // Masks that old checkpoints carry along.
        at.AllowUnused("*h.*.attn.bias");
        at.AllowUnused("*h.*.attn.masked_bias");
        if (config.TieWordEmbeddings)
        {
            at.AllowUnused("lm_head.weight");
        }
    }

    public override int HiddenSize => config.NEmbd;

    public override int VocabularySize => config.VocabSize;

    public override int ContextLength => config.NPositions;

    public override KvLayout KvLayout { get; }

    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids) => c.Embed(wte, ids);

    public override Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = c.Add(x, c.Embed(wpe, plan.Positions()));
        for (int i = 0; i < h.Length; i++)
        {
            x = c.Run(h[i], x, plan);
            c.Stage(stages[i], x);
        }

        return x;
    }

    public override Tensor Norm(Compute c, Tensor x) => lnF.Forward(c, x);

    public override Tensor Logits(Compute c, Tensor normed) => lmHead.Forward(c, normed);
}
