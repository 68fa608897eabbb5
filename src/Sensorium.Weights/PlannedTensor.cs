using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// A tensor that a file will hold: name, storage type and shape are known, its numbers are fetched when it is written. So a
/// whole model is laid out, checked and written while one tensor at a time is in memory.
/// </summary>
public sealed class PlannedTensor
{
    readonly long[] shape;
    readonly Func<RawTensor> fetch;

    /// <param name="name">The name in the file to be.</param>
    /// <param name="type">How its numbers will be stored.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <param name="storedAs">How they are stored now.</param>
    /// <param name="source">The file they are from, for messages.</param>
    /// <param name="fetch">Gives as many numbers, of any type and shape.</param>
    /// <exception cref="CheckpointException">A row is no whole number of the type's blocks.</exception>
    public PlannedTensor(string name, DType type, long[] shape, DType storedAs, string source, Func<RawTensor> fetch)
    {
        ArgumentNullException.ThrowIfNull(shape);
        this.shape = [.. shape];
        this.fetch = fetch;
        Name = name;
        Type = type;
        StoredAs = storedAs;
        Source = source;
        Elements = shape.Aggregate(1L, (product, size) => checked(product * size));
        if (RowLength % type.BlockSize() != 0)
            throw new CheckpointException(source, name, $"has rows of {RowLength} numbers, which are no whole number of {type} blocks of {type.BlockSize()}");
        ByteLength = type.ByteCount(Elements);
    }

    /// <summary>The name in the file to be.</summary>
    public string Name { get; }

    /// <summary>How its numbers will be stored.</summary>
    public DType Type { get; }

    /// <summary>How they are stored now.</summary>
    public DType StoredAs { get; }

    /// <summary>The file they are from, for messages.</summary>
    public string Source { get; }

    /// <summary>Sizes, outermost first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>How many numbers there are.</summary>
    public long Elements { get; }

    /// <summary>Length of the last dimension (1 for a single number).</summary>
    public long RowLength => shape.Length == 0 ? 1 : shape[^1];

    /// <summary>Bytes it will take.</summary>
    public long ByteLength { get; }

    /// <summary>A tensor of a file as it is.</summary>
    public static PlannedTensor Of(RawTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new PlannedTensor(tensor.Name, tensor.Type, tensor.Shape.ToArray(), tensor.Type, tensor.Source, () => tensor);
    }

    /// <summary>The same numbers, stored otherwise.</summary>
    /// <exception cref="CheckpointException">A row is no whole number of the type's blocks.</exception>
    public PlannedTensor As(DType type) => new(Name, type, shape, StoredAs, Source, fetch);

    /// <summary>The numbers as they are stored now, under this name and shape.</summary>
    public RawTensor Fetch()
    {
        RawTensor tensor = fetch();
        return tensor.Elements == Elements
            ? tensor.As(Name, shape)
            : throw new CheckpointException(Source, Name, $"has {tensor.Elements} numbers where {Elements} were announced; the file changed while it was read");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", shape)}]";
}
