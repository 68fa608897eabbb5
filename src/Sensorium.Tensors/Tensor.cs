using System.Runtime.CompilerServices;

namespace Sensorium.Tensors;

/// <summary>
/// Rows of numbers on a device: <c>[Rows, Columns]</c>, row-major, rows <see cref="Stride"/> elements apart.
/// A small value that points into native memory owned by the <see cref="Compute"/> that made it: it is valid until the
/// block it was made in ends (see <see cref="Compute.Run(IBlock, Tensor, Plan)"/>), and operations never change it.
/// </summary>
public readonly unsafe struct Tensor
{
    internal Tensor(void* data, nint rows, nint columns, nint stride, DType type)
    {
        Data = (byte*)data;
        Rows = rows;
        Columns = columns;
        Stride = stride;
        Type = type;
    }

    internal byte* Data { get; }

    /// <summary>How many rows (tokens, pixels, cells) stand end to end.</summary>
    public nint Rows { get; }

    /// <summary>How many channels a row has.</summary>
    public nint Columns { get; }

    /// <summary>Elements from the start of a row to the start of the next.</summary>
    public nint Stride { get; }

    /// <summary>F32 on the fast devices, F64 on the scalar one, I32 for ids.</summary>
    public DType Type { get; }

    /// <summary>True for the default value, which stands for "no tensor".</summary>
    public bool IsNone => Data == null && Rows == 0;

    internal int ElementSize => Type.BlockBytes();

    internal float* Floats => (float*)Data;

    internal double* Doubles => (double*)Data;

    internal int* Integers => (int*)Data;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal float* FloatRow(nint row) => (float*)Data + row * Stride;

    /// <summary>A view of <paramref name="count"/> columns of every row; nothing is copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The columns are not there.</exception>
    public Tensor Slice(nint firstColumn, nint count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstColumn);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstColumn + count, Columns);
        return new Tensor(Data + firstColumn * ElementSize, Rows, count, Stride, Type);
    }

    /// <summary>A view of <paramref name="count"/> rows; nothing is copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not there.</exception>
    public Tensor SliceRows(nint firstRow, nint count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow + count, Rows);
        return new Tensor(Data + firstRow * Stride * ElementSize, count, Columns, Stride, Type);
    }

    /// <summary>The same elements as <c>[rows, columns]</c>; the tensor must be contiguous.</summary>
    /// <exception cref="ArgumentException">The element counts differ, or rows have gaps between them.</exception>
    public Tensor Reshape(nint rows, nint columns)
    {
        if (rows * columns != Rows * Columns || (Stride != Columns && Rows > 1))
        {
            throw new ArgumentException($"cannot view {this} as [{rows}, {columns}]");
        }

        return new Tensor(Data, rows, columns, columns, Type);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type}[{Rows}, {Columns}]";
}
