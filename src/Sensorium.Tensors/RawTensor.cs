using System.Runtime.InteropServices;

namespace Sensorium.Tensors;

/// <summary>
/// A tensor as its file holds it: name, storage type, shape and bytes, usually mapped and not yet read.
/// The shape is row-major, outermost dimension first (as safetensors has it; GGUF's dimensions reversed).
/// </summary>
public sealed unsafe class RawTensor
{
    readonly long[] shape;
    readonly object? owner;
    readonly byte* data;

    /// <summary>Describes bytes that live elsewhere.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="type">How the numbers are stored.</param>
    /// <param name="shape">Sizes, outermost first; empty for a single number.</param>
    /// <param name="data">The first byte; null for a tensor of which only the shape is known.</param>
    /// <param name="byteLength">Bytes at <paramref name="data"/>.</param>
    /// <param name="owner">What keeps the bytes alive (a mapping, an array's holder); held as long as this tensor is.</param>
    /// <param name="source">The file it is from, for messages.</param>
    /// <exception cref="ArgumentException">The bytes are not what type and shape need, or a row is no whole number of blocks.</exception>
    public RawTensor(string name, DType type, long[] shape, byte* data, long byteLength, object? owner, string source)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(source);
        long elements = 1;
        foreach (long size in shape)
        {
            if (size < 0)
                throw new ArgumentException($"tensor '{name}' has a negative size in [{string.Join(", ", shape)}]", nameof(shape));
            elements = checked(elements * size);
        }

        Name = name;
        Type = type;
        this.shape = [.. shape];
        this.owner = owner;
        this.data = data;
        ByteLength = byteLength;
        Source = source;
        Elements = elements;
        RowLength = shape.Length == 0 ? 1 : shape[^1];
        if (RowLength % type.BlockSize() != 0)
            throw new ArgumentException($"tensor '{name}': rows of {RowLength} are no whole number of {type} blocks of {type.BlockSize()}", nameof(shape));
        if (type.ByteCount(elements) != byteLength)
            throw new ArgumentException($"tensor '{name}': {type} [{string.Join(", ", shape)}] needs {type.ByteCount(elements)} bytes, not {byteLength}", nameof(byteLength));
    }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>How the numbers are stored.</summary>
    public DType Type { get; }

    /// <summary>Sizes, outermost first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>The file, for messages.</summary>
    public string Source { get; }

    /// <summary>How many numbers there are.</summary>
    public long Elements { get; }

    /// <summary>Length of the last dimension (1 for a single number).</summary>
    public long RowLength { get; }

    /// <summary>How many rows of <see cref="RowLength"/> there are.</summary>
    public long Rows => RowLength == 0 ? 0 : Elements / RowLength;

    /// <summary>Bytes of one row.</summary>
    public long RowBytes => Type.ByteCount(RowLength);

    /// <summary>Bytes of all rows.</summary>
    public long ByteLength { get; }

    /// <summary>Whether only type and shape are known.</summary>
    public bool IsShapeOnly => data is null && ByteLength != 0;

    /// <summary>The first byte. Valid while this object is reachable: keep it so with <see cref="GC.KeepAlive"/> around loops over pointers.</summary>
    /// <exception cref="InvalidOperationException">Only the shape is known.</exception>
    public byte* Data => data is not null || ByteLength == 0
        ? data
        : throw new InvalidOperationException($"tensor '{Name}' of {Source} has a shape but no data");

    /// <summary>The first byte of row <paramref name="row"/>.</summary>
    public byte* Row(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        return Data + row * RowBytes;
    }

    /// <summary>A part of the bytes.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - length);
        return new ReadOnlySpan<byte>(Data + offset, length);
    }

    /// <summary>
    /// Says that the bytes are not needed for now: the pages that lie wholly inside the tensor may go (they come back from the file when read again).
    /// Does nothing where the bytes are not a mapped file.
    /// </summary>
    public void Release()
    {
        if (owner is IReleasesPages pages && data is not null)
            pages.ReleasePages(data, ByteLength);
    }

    /// <summary>The same bytes under another name or shape.</summary>
    /// <exception cref="ArgumentException">The shape holds another number of elements.</exception>
    public RawTensor As(string name, params long[] newShape) => new(name, Type, newShape, data, ByteLength, owner, Source);

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/>+<paramref name="count"/> of the outermost dimension, sharing the bytes.</summary>
    public RawTensor Slice(string name, long start, long count)
    {
        if (shape.Length == 0 || start < 0 || count < 0 || start > shape[0] - count)
            throw new ArgumentOutOfRangeException(nameof(start), $"tensor '{Name}' [{string.Join(", ", shape)}] has no rows {start}..{start + count}");
        long[] part = [.. shape];
        part[0] = count;
        long stride = shape[0] == 0 ? 0 : ByteLength / shape[0];
        return new RawTensor(name, Type, part, data is null ? null : data + start * stride, stride * count, owner, Source);
    }

    /// <summary>A tensor of which only type and shape are known.</summary>
    public static RawTensor ShapeOnly(string name, DType type, params long[] shape)
    {
        long elements = 1;
        foreach (long size in shape)
            elements = checked(elements * size);
        return new RawTensor(name, type, shape, null, type.ByteCount(elements), null, "shapes");
    }

    /// <summary>Uninitialised native memory for a tensor, filled by the caller through <see cref="Data"/>; freed with the last reference.</summary>
    public static RawTensor Allocate(string name, DType type, long[] shape, string source = "memory")
    {
        long elements = 1;
        foreach (long size in shape)
            elements = checked(elements * size);
        var block = new NativeBlock(type.ByteCount(elements));
        return new RawTensor(name, type, shape, block.Pointer, block.Bytes, block, source);
    }

    /// <summary>A float32 tensor with a native copy of <paramref name="values"/>.</summary>
    /// <exception cref="ArgumentException">The shape holds another number of elements.</exception>
    public static RawTensor FromFloats(string name, long[] shape, ReadOnlySpan<float> values, string source = "memory")
    {
        RawTensor tensor = Allocate(name, DType.F32, shape, source);
        if (tensor.Elements != values.Length)
            throw new ArgumentException($"tensor '{name}' [{string.Join(", ", shape)}] needs {tensor.Elements} values, not {values.Length}", nameof(values));
        values.CopyTo(new Span<float>(tensor.data, values.Length));
        return tensor;
    }

    /// <inheritdoc cref="FromFloats(string, long[], ReadOnlySpan{float}, string)"/>
    public static RawTensor FromFloats(string name, long[] shape, float[] values) => FromFloats(name, shape, values.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", shape)}]";

    sealed class NativeBlock : SafeHandle
    {
        public NativeBlock(long bytes)
            : base(0, ownsHandle: true)
        {
            Bytes = bytes;
            SetHandle((nint)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(bytes, 1)), 64));
            GC.AddMemoryPressure(Math.Max(bytes, 1));
        }

        public override bool IsInvalid => handle == 0;

        public byte* Pointer => (byte*)handle;

        public long Bytes { get; }

        protected override bool ReleaseHandle()
        {
            NativeMemory.AlignedFree((void*)handle);
            GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
            return true;
        }
    }
}

/// <summary>An owner of mapped bytes that can let clean pages go.</summary>
public unsafe interface IReleasesPages
{
    /// <summary>Lets go the pages that lie wholly inside a range of the mapping.</summary>
    /// <param name="data">First byte of the range.</param>
    /// <param name="bytes">Its length in bytes.</param>
    void ReleasePages(byte* data, long bytes);
}
