using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>What a generated integer kernel is told: a tile of quantised rows by vectors of outputs.</summary>
/// <remarks>With 512 bits a vector is a group of 16 outputs; with 256 bits two are the halves of one, and the second pointers are not read.</remarks>
unsafe struct IntegerArguments
{
    /// <summary>The tile's first block; see <see cref="QuantizedRows"/>.</summary>
    public byte* Rows;

    /// <summary>Integers of the first block: packed, or quads.</summary>
    public byte* Integers0, Integers1;

    /// <summary>Scales of the first block: packed, or float32 <c>[blocks][parts][16]</c>.</summary>
    public byte* Scales0, Scales1;

    /// <summary>Packed: scales of the super-block. Unpacked: float32 minima.</summary>
    public byte* Super0, Super1;

    /// <summary>[rows][16], what is there is added to or overwritten.</summary>
    public float* C0, C1;

    /// <summary>Bytes from row to row of both.</summary>
    public nint Stride;

    /// <summary>Blocks of 32 inputs from a slice's first, at least one; where there are super-blocks a multiple of eight.</summary>
    public nint Blocks;

    /// <summary>Not zero: c holds sums to go on from.</summary>
    public nint Add;

    /// <summary>Packed, where rows are several: what is read after this, fetched meanwhile from end to end.</summary>
    public byte* Next;

    /// <summary>Packed: how often, each time with the outputs that come next; at least once. Zero afterwards, and the pointers are behind.</summary>
    public nint Runs;

    /// <summary>Packed: bytes from a run's weights to the next one's.</summary>
    public nint RunBytes;

    /// <summary>Blocks that the last slice lacks.</summary>
    public nint Lacking;

    /// <summary>By how many bytes its integers come sooner behind the slice before it.</summary>
    public nint Sooner;

    /// <summary>Sets how many blocks there are, and what the last slice of them lacks.</summary>
    public void SetBlocks(QuantLayout layout, nint blocks)
    {
        Blocks = blocks;
        Lacking = -blocks & (QuantPanels.SliceBlocks - 1);
        Sooner = layout.HeadBytes - layout.HeadOf(QuantPanels.SliceBlocks - (int)Lacking);
    }
}
