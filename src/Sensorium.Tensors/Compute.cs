using System.Runtime.CompilerServices;

namespace Sensorium.Tensors;

/// <summary>
/// A one-thread context on a device: scratch memory, numerics, cancellation, and the operations. It is passed to every
/// forward pass and is the only seam to the hardware. Operations never change their inputs; results live in the
/// context's scratch memory until the block that made them ends.
/// </summary>
/// <remarks>
/// A fused operation (<see cref="Linear"/>, <see cref="Attend"/>, <see cref="Gate"/> …) is virtual and its body here
/// is its definition in primitives; a device overrides it with a kernel that gives the same. A tape records a fused
/// operation that it can differentiate and else runs the body.
/// </remarks>
public abstract partial class Compute : IDisposable
{
    readonly Scratch scratch = new();
    readonly bool ownsScratch = true;

    /// <param name="numerics">How exact the arithmetic is.</param>
    protected Compute(Numerics numerics) => Numerics = numerics;

    /// <summary>A context that computes in another's scratch memory: a decorator, as a tape is.</summary>
    protected Compute(Compute inner)
    {
        Numerics = inner.Numerics;
        scratch = inner.scratch;
        ownsScratch = false;
    }

    /// <summary>How exact the arithmetic is.</summary>
    public Numerics Numerics { get; }

    /// <summary>Asked between blocks.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Told the tensors that models name with <see cref="Stage"/>; null in normal use.</summary>
    public Action<string, Tensor>? Observer { get; set; }

    /// <summary>Scratch memory held from the system.</summary>
    public long ScratchBytes => scratch.HeldBytes;

    /// <summary>
    /// Runs a block and frees all scratch memory that it used but its result's. Cancellation is asked before.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public virtual Tensor Run(IBlock block, Tensor x, Plan plan)
    {
        Cancellation.ThrowIfCancellationRequested();
        Scratch.Mark mark = scratch.Top;
        return KeepOnly(block.Forward(this, x, plan), mark);
    }

    /// <inheritdoc cref="Run(IBlock, Tensor, Plan)"/>
    public virtual FeatureMaps Run(IMapBlock block, FeatureMaps x)
    {
        Cancellation.ThrowIfCancellationRequested();
        Scratch.Mark mark = scratch.Top;
        FeatureMaps result = block.Forward(this, x);
        return result.With(KeepOnly(result.Rows, mark));
    }

    /// <summary>Frees all scratch memory; every tensor of this context is invalid afterwards. For the owner of the context, between passes.</summary>
    public virtual void Reset() => scratch.Release(default);

    /// <summary>Names an intermediate result (<c>hidden_states_1</c>) for whoever observes; else does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Stage(string name, Tensor x) => Observer?.Invoke(name, x);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the scratch memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && ownsScratch)
        {
            scratch.Dispose();
        }
    }

    /// <summary>Room for a result.</summary>
    private protected unsafe Tensor New(nint rows, nint columns, DType type = DType.F32) =>
        new(scratch.Allocate(checked(rows * columns * type.BlockBytes())), rows, columns, columns, type);

    /// <summary>Scratch memory for an operation's own use, freed with the block.</summary>
    private protected unsafe byte* NewBytes(nint bytes) => scratch.Allocate(bytes);

    /// <summary>The present top of the scratch memory.</summary>
    private protected Scratch.Mark Mark() => scratch.Top;

    /// <summary>Goes back to a mark.</summary>
    private protected void Release(Scratch.Mark mark) => scratch.Release(mark);

    /// <summary>Frees everything after the mark but one tensor, which moves down to the mark.</summary>
    private protected unsafe Tensor KeepOnly(Tensor result, Scratch.Mark mark)
    {
        scratch.Release(mark);
        if (result.IsNone)
        {
            return result;
        }

        Tensor kept = New(result.Rows, result.Columns, result.Type);
        nint rowBytes = result.Columns * result.ElementSize;
        if (result.Stride == result.Columns)
        {
            Buffer.MemoryCopy(result.Data, kept.Data, rowBytes * result.Rows, rowBytes * result.Rows);
            return kept;
        }

        for (nint row = 0; row < result.Rows; row++)
        {
            Buffer.MemoryCopy(result.Data + row * result.Stride * result.ElementSize, kept.Data + row * rowBytes, rowBytes, rowBytes);
        }

        return kept;
    }
}
