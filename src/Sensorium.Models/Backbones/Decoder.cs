using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>A decoder-only language model of Llama's descent (transformers LlamaForCausalLM and its relatives); what sets families apart is data.</summary>
public sealed class Decoder : Backbone
{
    readonly DecoderConfig config;
    readonly Weight embedTokens;
    readonly DecoderLayer[] layers;
    readonly RmsNorm norm;
    readonly Linear lmHead;
    readonly string[] stages;

    /// <param name="at">The checkpoint's root: holds <c>model</c> and, unless tied, <c>lm_head</c>.</param>
    /// <param name="config">How it is built.</param>
    public Decoder(Checkpoint at, DecoderConfig config)
    {
        this.config = config;
        Checkpoint model = at["model"];
        embedTokens = model["embed_tokens"].Weight(
            "weight", config.TieWordEmbeddings ? WeightRole.TableAndMatrix : WeightRole.Table, config.VocabSize, config.HiddenSize);
        layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new DecoderLayer(model["layers"][i], config, i))];
        norm = new RmsNorm(model["norm"], config.HiddenSize, config.RmsNormEps, config.NormOffset);
        lmHead = config.TieWordEmbeddings
            ? new Linear(embedTokens)
            : new Linear(at["lm_head"], config.HiddenSize, config.VocabSize, hasBias: false);
        stages = [.. Enumerable.Range(1, layers.Length).Select(i => $"hidden_states_{i}")];

        // What the reference does not read either: a copy of the tied matrix, frequencies that old checkpoints carry along.
        model.AllowUnused("layers.*.self_attn.rotary_emb.inv_freq");
        if (config.TieWordEmbeddings)
        {
            at.AllowUnused("lm_head.weight");
        }

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
    public override int ReusableLength => config.Attention.Rope?.SameUpTo ?? int.MaxValue;

    /// <inheritdoc/>
    public override int KeysChangeBeyond => config.Attention.Rope is { SwitchesOnce: true } rope ? rope.SameUpTo : int.MaxValue;

    /// <inheritdoc/>
    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids)
    {
        Tensor x = c.Embed(embedTokens, ids);
        return config.EmbeddingScale == 1 ? x : c.Affine(x, config.EmbeddingScale);
    }

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
    public override Tensor Logits(Compute c, Tensor normed)
    {
        Tensor logits = lmHead.Forward(c, normed);
        return config.FinalSoftCap == 0
            ? logits
            : c.Affine(c.Activate(c.Affine(logits, 1 / config.FinalSoftCap), Activation.Tanh), config.FinalSoftCap);
    }
}
