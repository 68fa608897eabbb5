using Sensorium.Tensors;

namespace Sensorium.Models.Backbones;

/// <summary>
/// A language model that continues a sequence of rows: token embeddings or soft vectors in, logits out. Immutable once
/// loaded and shared by all callers.
/// </summary>
public abstract class Backbone
{
    /// <summary>Channels of a row.</summary>
    public abstract int HiddenSize { get; }

    /// <summary>How many logits there are.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The longest sequence it was trained for, in tokens.</summary>
    public abstract int ContextLength { get; }

    /// <summary>What it keeps of a token.</summary>
    public abstract KvLayout KvLayout { get; }

    /// <summary>What it keeps of a row of a memory (encoder output that its cross-attention reads); null where it reads none.</summary>
    public virtual KvLayout? MemoryLayout => null;

    /// <summary>Position axes (3 for M-RoPE).</summary>
    public virtual int PositionAxes => 1;

    /// <summary>
    /// The longest sequence whose kept keys stay valid as it grows; beyond it, rotary frequencies depend on the length,
    /// so nothing that was kept for another length is reused.
    /// </summary>
    public virtual int ReusableLength => int.MaxValue;

    /// <summary>
    /// A sequence that grows beyond this length needs all its keys anew, with the frequencies that longer sequences have.
    /// </summary>
    public virtual int KeysChangeBeyond => int.MaxValue;

    /// <summary>Token embeddings, [ids, hidden].</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public abstract Tensor Embed(Compute c, ReadOnlySpan<int> ids);

    /// <summary>All layers: <c>[rows, hidden]</c> to <c>[rows, hidden]</c>, not yet normed. Keys and values go to the plan's pages.</summary>
    public abstract Tensor Forward(Compute c, Tensor x, Plan plan);

    /// <summary>
    /// The keys and values that cross-attention reads of memories, in every layer that has it: computed once, and kept in the
    /// pages of the plan's sequences.
    /// </summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="memory">Encoder output of many memories, [rows, channels].</param>
    /// <param name="plan">Whose rows they are; its pages are laid out by <see cref="MemoryLayout"/>.</param>
    public virtual void Remember(Compute c, Tensor memory, Plan plan) => throw new NotSupportedException($"{GetType().Name} reads no memories");

    /// <summary>The final norm, row by row.</summary>
    public abstract Tensor Norm(Compute c, Tensor x);

    /// <summary>Normed rows to logits, [rows, vocabulary].</summary>
    public abstract Tensor Logits(Compute c, Tensor normed);
}
