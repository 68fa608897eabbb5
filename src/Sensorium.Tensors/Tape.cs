namespace Sensorium.Tensors;

/// <summary>
/// A context that writes down every operation it passes on to another, and keeps all results, so that they can be
/// computed again; the place where gradients belong. Fused operations without an entry of their own run their
/// expansion, and so are written down as primitives.
/// </summary>
/// <remarks>
/// Results keep their memory for the tape's life: a replay writes into it, so views of results stay true. Plans that
/// recorded operations were given must not be built anew while the tape is in use.
/// </remarks>
public sealed partial class Tape : Compute
{
    readonly Compute inner;
    readonly List<TapeEntry> entries = [];

    /// <param name="inner">Who computes; the tape uses its scratch memory and must be done with before it is used otherwise.</param>
    public Tape(Compute inner)
        : base(inner) => this.inner = inner;

    /// <summary>The operations in the order they were run.</summary>
    public IReadOnlyList<TapeEntry> Entries => entries;

    /// <summary>Runs a block and keeps all that it computed.</summary>
    public override Tensor Run(IBlock block, Tensor x, Plan plan)
    {
        Cancellation.ThrowIfCancellationRequested();
        return block.Forward(this, x, plan);
    }

    /// <inheritdoc cref="Run(IBlock, Tensor, Plan)"/>
    public override FeatureMaps Run(IMapBlock block, FeatureMaps x)
    {
        Cancellation.ThrowIfCancellationRequested();
        return block.Forward(this, x);
    }

    /// <summary>Computes every result again, from the leaves as they are now, into the same memory.</summary>
    public void Replay()
    {
        foreach (TapeEntry entry in entries)
        {
            Cancellation.ThrowIfCancellationRequested();
            Scratch.Mark mark = Mark();
            Overwrite(entry.Output, entry.Forward(inner, entry.Inputs));
            Release(mark);
        }
    }

    /// <summary>Gives a leaf (a tensor that came from the host) other numbers for the next replay.</summary>
    /// <exception cref="ArgumentException">The shapes or types differ, or a recorded operation made the tensor.</exception>
    public void Replace(Tensor leaf, Tensor values)
    {
        ShapeCheck.Size(values, leaf.Rows, leaf.Columns);
        if (values.Type != leaf.Type || MakerOf(leaf) is not null)
        {
            throw new ArgumentException($"{leaf} is no leaf that {values} can replace");
        }

        Overwrite(leaf, values);
    }

    /// <summary>The operation whose result a tensor is, or is a view of; null for a leaf.</summary>
    public unsafe TapeEntry? MakerOf(Tensor x)
    {
        foreach (TapeEntry entry in entries)
        {
            Tensor y = entry.Output;
            if (!y.IsNone && x.Data >= y.Data && x.Data < y.Data + y.Rows * y.Stride * y.ElementSize)
            {
                return entry;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        entries.Clear();
        base.Reset();
    }

    Tensor Record(string operation, Func<Compute, Tensor[], Tensor> forward, params Tensor[] inputs)
    {
        Tensor y = forward(inner, inputs);
        entries.Add(new TapeEntry(operation, inputs, y, forward));
        return y;
    }

    static unsafe void Overwrite(Tensor to, Tensor from)
    {
        if (to.Data == from.Data)
        {
            return;
        }

        nint bytes = to.Columns * to.ElementSize;
        for (nint row = 0; row < to.Rows; row++)
        {
            Buffer.MemoryCopy(from.Data + row * from.Stride * from.ElementSize, to.Data + row * to.Stride * to.ElementSize, bytes, bytes);
        }
    }
}

/// <summary>One operation as it was run.</summary>
public sealed class TapeEntry
{
    internal TapeEntry(string operation, Tensor[] inputs, Tensor output, Func<Compute, Tensor[], Tensor> forward)
    {
        Operation = operation;
        Inputs = inputs;
        Output = output;
        Forward = forward;
    }

    /// <summary>The operation's name among <see cref="Compute"/>'s methods.</summary>
    public string Operation { get; }

    /// <summary>The result; none for a change of state.</summary>
    public Tensor Output { get; }

    internal Tensor[] Inputs { get; }

    internal Func<Compute, Tensor[], Tensor> Forward { get; }
}
