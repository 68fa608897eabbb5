using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

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
