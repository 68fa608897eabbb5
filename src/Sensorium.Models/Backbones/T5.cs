using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>T5's block: self-attention, in the decoder cross-attention, and a feed-forward, each after an RMS norm and around a residual (transformers T5Block).</summary>
sealed class T5Block : IBlock
{
    readonly RmsNorm selfNorm;
    readonly GroupedQueryAttention selfAttention;
    readonly RmsNorm? crossNorm;
    readonly CrossAttention? encDecAttention;
    readonly RmsNorm feedForwardNorm;
    readonly FeedForward denseReluDense;

    /// <param name="at">The block's place; its parts are numbered.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="bias">The stack's.</param>
    /// <param name="number">Its place among the decoder's, and in the pages; null in the encoder.</param>
    public T5Block(Checkpoint at, T5Config config, RelativeBias bias, int? number)
    {
        at = at["layer"];
        int parts = 0;
        selfNorm = Norm(at[parts]);
        selfAttention = new GroupedQueryAttention(at[parts++]["SelfAttention"], Attention(config, bias), number ?? 0);
        if (number is { } layer)
        {
            crossNorm = Norm(at[parts]);
            encDecAttention = new CrossAttention(
                at[parts++]["EncDecAttention"],
                new CrossAttentionConfig(config.DModel, config.DModel, config.Shape(bias: null)) { Names = ("q", "k", "v", "o") },
                layer);
        }

        feedForwardNorm = Norm(at[parts]);
        denseReluDense = Dense(at[parts]["DenseReluDense"], config);

        RmsNorm Norm(Checkpoint part) => new(part["layer_norm"], config.DModel, config.LayerNormEpsilon);
    }

    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = selfAttention.Forward(c, selfNorm.Forward(c, x), plan, residual: x);
        if (encDecAttention is not null)
        {
            x = encDecAttention.Forward(c, crossNorm!.Forward(c, x), plan, residual: x);
        }

        return denseReluDense.Forward(c, feedForwardNorm.Forward(c, x), residual: x);
    }

    public void Remember(Compute c, Tensor memory, Plan plan) => encDecAttention!.Remember(c, memory, plan);

    static SelfAttentionConfig Attention(T5Config config, RelativeBias bias) =>
        new(config.DModel, config.Shape(bias), Rope: null) { InputNames = ("q", "k", "v"), OutputName = "o" };

    static FeedForward Dense(Checkpoint at, T5Config config)
    {
        var wo = new Linear(at["wo"], config.DFf, config.DModel, hasBias: false);
        return config.IsGatedAct
            ? new GatedMlp(Wi("wi_0"), Wi("wi_1"), wo, config.DenseActFn)
            : new Mlp(Wi("wi"), wo, config.DenseActFn);

        Linear Wi(string name) => new(at[name], config.DModel, config.DFf, hasBias: false);
    }
}

/// <summary>T5's encoder or decoder: blocks that share one bias by relative position, and a final norm (transformers T5Stack).</summary>
sealed class T5Stack
{
    readonly RmsNorm finalLayerNorm;
    readonly string[] stages;

    public T5Stack(Checkpoint at, T5Config config, bool isDecoder)
    {
        Weight table = at["block"][0]["layer"][0]["SelfAttention"]["relative_attention_bias"].Weight(
            "weight", WeightRole.Vector, config.RelativeAttentionNumBuckets, config.NumHeads);
        var bias = new RelativeBias(table, config.RelativeAttentionMaxDistance, Bidirectional: !isDecoder);
        int layers = isDecoder ? config.NumDecoderLayers : config.NumLayers;
        Block = [.. Enumerable.Range(0, layers).Select(i => new T5Block(at["block"][i], config, bias, isDecoder ? i : null))];
        finalLayerNorm = new RmsNorm(at["final_layer_norm"], config.DModel, config.LayerNormEpsilon);
        stages = [.. Enumerable.Range(0, layers + 1).Select(i => $"{(isDecoder ? "decoder" : "encoder")}_hidden_states_{i}")];
    }

    public T5Block[] Block { get; }

    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        for (int i = 0; i < Block.Length; i++)
        {
            c.Stage(stages[i], x);
            x = c.Run(Block[i], x, plan);
        }

        return x;
    }

    /// <summary>The final norm; what it gives is the last of the hidden states, as the reference counts them.</summary>
    public Tensor Norm(Compute c, Tensor x)
    {
        x = finalLayerNorm.Forward(c, x);
        c.Stage(stages[^1], x);
        return x;
    }
}

/// <summary>
/// T5 (Raffel et al. 2020; transformers T5ForConditionalGeneration), v1.1 (Flan-T5) and mT5: no biases, scores that are not
/// scaled but biased by relative position, an inner size that is heads times d_kv and not the model's.
/// </summary>
sealed class T5 : EncoderDecoder
{
    readonly T5Config config;
    readonly Weight shared;
    readonly T5Stack encoder;
    readonly T5Stack decoder;
    readonly Linear lmHead;

    /// <param name="at">The checkpoint's root.</param>
    /// <param name="json">Its config.</param>
    /// <param name="isMultilingual">mT5, whose config has other defaults.</param>
    public T5(Checkpoint at, Config json, bool isMultilingual = false)
    {
        config = new T5Config(json, isMultilingual);
        bool tied = config.SaysHowToScale ? !at.Has("lm_head.weight") : config.TieWordEmbeddings;
        shared = at["shared"].Weight("weight", tied ? WeightRole.TableAndMatrix : WeightRole.Table, config.VocabSize, config.DModel);
        encoder = new T5Stack(at["encoder"], config, isDecoder: false);
        decoder = new T5Stack(at["decoder"], config, isDecoder: true);
        lmHead = tied ? new Linear(shared) : new Linear(at["lm_head"], config.DModel, config.VocabSize, hasBias: false);
        KvLayout = new KvLayout(config.NumDecoderLayers, config.NumHeads, config.DKv, config.DKv);

        // Copies of the shared table, and a table that old checkpoints have for cross-attention, which reads none.
        at.AllowUnused("encoder.embed_tokens.weight");
        at.AllowUnused("decoder.embed_tokens.weight");
        at.AllowUnused("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
        if (tied)
        {
            at.AllowUnused("lm_head.weight");
        }
    }

    public override int HiddenSize => config.DModel;

    public override int VocabularySize => config.VocabSize;

    // Positions are relative, and all far ones are alike: nothing but memory limits a sequence.
    public override int ContextLength => int.MaxValue;

    public override int SourceLength => int.MaxValue;

    public override int UsualAnswer => config.NPositions;

    public override int DecoderStartTokenId => config.DecoderStartTokenId;

    public override KvLayout KvLayout { get; }

    public override KvLayout? MemoryLayout => KvLayout;

    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids) => c.Embed(shared, ids);

    public override Tensor Encode(Compute c, Tensor x, Plan plan) => encoder.Norm(c, encoder.Forward(c, x, plan));

    public override void Remember(Compute c, Tensor memory, Plan plan)
    {
        foreach (T5Block block in decoder.Block)
        {
            block.Remember(c, memory, plan);
        }
    }

    public override Tensor Forward(Compute c, Tensor x, Plan plan) => decoder.Forward(c, x, plan);

    public override Tensor Norm(Compute c, Tensor x) => decoder.Norm(c, x);

    public override Tensor Logits(Compute c, Tensor normed) =>
        lmHead.Forward(c, config.ScaleDecoderOutputs ? c.Affine(normed, 1 / MathF.Sqrt(config.DModel)) : normed);
}
