using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>What RMS norms on queries and keys go over.</summary>
public enum QueryKeyNorm
{
    /// <summary>There are none.</summary>
    None,

    /// <summary>Each head by itself (Qwen3, Gemma 3).</summary>
    Heads,

    /// <summary>All heads of a row together (OLMo 2).</summary>
    Row,
}

/// <summary>How self-attention is built.</summary>
/// <param name="HiddenSize">Channels of the rows.</param>
/// <param name="Shape">Heads and their sizes, scale, window, soft cap.</param>
/// <param name="Rope">Rotary angles; null: positions are not rotated.</param>
public sealed record SelfAttentionConfig(int HiddenSize, AttentionShape Shape, RopeTable? Rope)
{
    /// <summary>Whether q, k and v have biases.</summary>
    public bool InputBias { get; init; }

    /// <summary>Whether the output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>The name of q, k, v as one tensor, one below the other; null: they are three.</summary>
    public string? FusedName { get; init; }

    /// <summary>The names of q, k and v where they are three.</summary>
    public (string Query, string Key, string Value) InputNames { get; init; } = ("q_proj", "k_proj", "v_proj");

    /// <summary>The output projection's name.</summary>
    public string OutputName { get; init; } = "o_proj";

    /// <summary>Norms on queries and keys, before they are rotated.</summary>
    public QueryKeyNorm Norm { get; init; }

    /// <summary>Their epsilon.</summary>
    public float NormEps { get; init; }

    /// <summary>Added to their weights.</summary>
    public float NormOffset { get; init; }
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
    readonly RmsNorm? qNorm;
    readonly RmsNorm? kNorm;
    readonly Linear oProj;

    /// <param name="at">The checkpoint's scope: holds <c>q_proj</c>, <c>k_proj</c>, <c>v_proj</c> or the fused one, <c>o_proj</c>, and <c>q_norm</c>, <c>k_norm</c> where there are any.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="layer">The layer's place in the key/value pages.</param>
    public GroupedQueryAttention(Checkpoint at, SelfAttentionConfig config, int layer)
    {
        this.config = config;
        this.layer = layer;
        AttentionShape shape = config.Shape;
        int hidden = config.HiddenSize;
        int querySize = shape.Heads * shape.KeySize;
        int keySize = shape.KvHeads * shape.KeySize;
        int valueSize = shape.KvHeads * shape.ValueSize;
        qkvProj = config.FusedName is { } fused
            ? new Linear(at[fused], hidden, querySize + keySize + valueSize, config.InputBias)
            : Linear.Stack(
                new Linear(at[config.InputNames.Query], hidden, shape.Heads * shape.KeySize, config.InputBias),
                new Linear(at[config.InputNames.Key], hidden, shape.KvHeads * shape.KeySize, config.InputBias),
                new Linear(at[config.InputNames.Value], hidden, shape.KvHeads * shape.ValueSize, config.InputBias));
        if (config.Norm != QueryKeyNorm.None)
        {
            bool byHead = config.Norm == QueryKeyNorm.Heads;
            qNorm = new RmsNorm(at["q_norm"], byHead ? shape.KeySize : querySize, config.NormEps, config.NormOffset);
            kNorm = new RmsNorm(at["k_norm"], byHead ? shape.KeySize : keySize, config.NormEps, config.NormOffset);
        }

        oProj = new Linear(at[config.OutputName], shape.Heads * shape.ValueSize, hidden, config.OutputBias);
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="plan">Sequences, positions and pages.</param>
    /// <param name="residual">Added to the result, [rows, hidden]; none: nothing is.</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan, Tensor residual = default)
    {
        AttentionShape shape = config.Shape;
        Tensor qkv = qkvProj.Forward(c, x);
        int querySize = shape.Heads * shape.KeySize;
        int keySize = shape.KvHeads * shape.KeySize;
        Tensor q = qkv.Slice(0, querySize);
        Tensor k = qkv.Slice(querySize, keySize);
        Tensor v = qkv.Slice(querySize + keySize, shape.KvHeads * shape.ValueSize);
        if (qNorm is not null && kNorm is not null)
        {
            q = qNorm.Forward(c, q);
            k = kNorm.Forward(c, k);
        }

        if (config.Rope is { } rope)
        {
            q = c.Rope(q, plan, rope, shape.KeySize);
            k = c.Rope(k, plan, rope, shape.KeySize);
        }

        return oProj.Forward(c, c.Attend(q, c.Keep(plan, layer, k, v, qkvProj.ArithmeticOf(c)), plan, shape), residual: residual);
    }
}
