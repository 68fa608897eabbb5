using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>How cross-attention is built.</summary>
/// <param name="HiddenSize">Channels of the rows that ask.</param>
/// <param name="MemorySize">Channels of the memory's rows.</param>
/// <param name="Shape">Heads, their sizes, scale.</param>
public sealed record CrossAttentionConfig(int HiddenSize, int MemorySize, AttentionShape Shape)
{
    /// <summary>The projections' names.</summary>
    public (string Query, string Key, string Value, string Output) Names { get; init; } = ("q_proj", "k_proj", "v_proj", "o_proj");
}

/// <summary>
/// Attention from a sequence's rows to its memory, an encoder's output (Vaswani et al. 2017, §3.2.3; transformers T5
/// EncDecAttention). A memory's keys and values are computed once, by <see cref="Remember"/>, and kept in pages; a pass
/// that keeps nothing computes them from the memory's rows.
/// </summary>
public sealed class CrossAttention
{
    readonly AttentionShape shape;
    readonly int layer;
    readonly Linear qProj;
    readonly Linear kProj;
    readonly Linear vProj;
    readonly Linear oProj;

    /// <param name="at">The checkpoint's scope: holds the four projections.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="layer">The layer's place in the memories' pages.</param>
    public CrossAttention(Checkpoint at, CrossAttentionConfig config, int layer)
    {
        shape = config.Shape;
        this.layer = layer;
        qProj = new Linear(at[config.Names.Query], config.HiddenSize, shape.Heads * shape.KeySize, hasBias: false);
        kProj = new Linear(at[config.Names.Key], config.MemorySize, shape.KvHeads * shape.KeySize, hasBias: false);
        vProj = new Linear(at[config.Names.Value], config.MemorySize, shape.KvHeads * shape.ValueSize, hasBias: false);
        oProj = new Linear(at[config.Names.Output], shape.Heads * shape.ValueSize, config.HiddenSize, hasBias: false);
    }

    /// <summary>Computes keys and values of memories into the pages of the plan's sequences.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="memory">[rows, MemorySize]</param>
    /// <param name="plan">Whose rows they are.</param>
    public void Remember(Compute c, Tensor memory, Plan plan) => c.Append(plan, layer, kProj.Forward(c, memory), vProj.Forward(c, memory));

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, HiddenSize]</param>
    /// <param name="plan">Sequences and their memories, in pages or as rows; a sequence without one gets zeros.</param>
    /// <param name="residual">Added to the result, [rows, HiddenSize]; none: nothing is.</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan, Tensor residual = default)
    {
        KeyValues source = plan.MemoryPlan is { } of
            ? KeyValues.Memory(kProj.Forward(c, plan.MemoryRows), vProj.Forward(c, plan.MemoryRows), of, Arithmetics.Finer(kProj.ArithmeticOf(c), vProj.ArithmeticOf(c)))
            : KeyValues.PagedMemory(layer);
        return oProj.Forward(c, c.Attend(qProj.Forward(c, x), source, plan, shape), residual: residual);
    }
}
