using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>How a decoder's self-attention is built.</summary>
/// <param name="HiddenSize">Channels of the rows.</param>
/// <param name="Shape">Heads and their sizes.</param>
/// <param name="Rope">Rotary angles; null: positions are not rotated.</param>
public sealed record SelfAttentionConfig(int HiddenSize, AttentionShape Shape, RopeTable? Rope)
{
    /// <summary>Whether q, k and v have biases.</summary>
    public bool InputBias { get; init; }

    /// <summary>Whether the output projection has a bias.</summary>
    public bool OutputBias { get; init; }
}

/// <summary>
/// Self-attention with grouped query heads and rotary positions (Ainslie et al. 2023; transformers LlamaAttention):
/// q, k and v lie side by side in one product; keys and values are kept in the plan's pages.
/// </summary>
public sealed class GroupedQueryAttention
{
    readonly SelfAttentionConfig config;
    readonly int layer;
    readonly Linear qkvProj;
    readonly Linear oProj;

    /// <param name="at">The checkpoint's scope: holds <c>q_proj</c>, <c>k_proj</c>, <c>v_proj</c>, <c>o_proj</c>.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="layer">The layer's place in the key/value pages.</param>
    public GroupedQueryAttention(Checkpoint at, SelfAttentionConfig config, int layer)
    {
        this.config = config;
        this.layer = layer;
        AttentionShape shape = config.Shape;
        int hidden = config.HiddenSize;
        qkvProj = Linear.Stack(
            new Linear(at["q_proj"], hidden, shape.Heads * shape.KeySize, config.InputBias),
            new Linear(at["k_proj"], hidden, shape.KvHeads * shape.KeySize, config.InputBias),
            new Linear(at["v_proj"], hidden, shape.KvHeads * shape.ValueSize, config.InputBias));
        oProj = new Linear(at["o_proj"], shape.Heads * shape.ValueSize, hidden, config.OutputBias);
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="plan">Sequences, positions and pages.</param>
    /// <param name="residual">Added to the result, [rows, hidden].</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan, Tensor residual)
    {
        AttentionShape shape = config.Shape;
        Tensor qkv = qkvProj.Forward(c, x);
        int querySize = shape.Heads * shape.KeySize;
        int keySize = shape.KvHeads * shape.KeySize;
        Tensor q = qkv.Slice(0, querySize);
        Tensor k = qkv.Slice(querySize, keySize);
        Tensor v = qkv.Slice(querySize + keySize, shape.KvHeads * shape.ValueSize);
        if (config.Rope is { } rope)
        {
            q = c.Rope(q, plan, rope, shape.KeySize);
            k = c.Rope(k, plan, rope, shape.KeySize);
        }

        return oProj.Forward(c, c.Attend(q, c.Keep(plan, layer, k, v), plan, shape), residual: residual);
    }
}
