using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Reads bits, the highest of each byte first, through a 64-bit window whose top bits come next.</summary>
[StructLayout(LayoutKind.Auto)]
unsafe struct BitReader
{
    /// <summary>The next byte to load, and where the data ends; zeros follow.</summary>
    public byte* Next;

    public readonly byte* End;

    /// <summary>The window. Below its valid bits it may hold bits that the next refill brings again.</summary>
    public ulong Window;

    /// <summary>How many bits of the window count.</summary>
    public int Count;

    public BitReader(byte* start, byte* end)
    {
        Next = start;
        End = end;
        Window = 0;
        Count = 0;
    }

    /// <summary>Whether more bits were taken than there are.</summary>
    public readonly bool IsPastEnd => ((Next - End) * 8) > Count;

    /// <summary>Loads bytes until at least 56 bits count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Refill()
    {
        Window |= BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(Next)) >> Count;
        Next += (63 - Count) >> 3;
        Count |= 56;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Drop(int bits)
    {
        Window <<= bits;
        Count -= bits;
    }

    /// <summary>Takes 1 to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int bits)
    {
        if (Count < 32)
        {
            Refill();
        }

        int value = (int)(Window >> (64 - bits));
        Drop(bits);
        return value;
    }

    /// <summary>Takes a Huffman symbol. At least 15 bits still count afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeSymbol(HuffmanTable table)
    {
        if (Count < 32)
        {
            Refill();
        }

        int entry = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table.Symbols), (nint)(Window >> (64 - HuffmanTable.LookupBits)));
        if (entry == 0)
        {
            entry = table.FindLong(Window);
        }

        Drop(entry >> 8);
        return entry & 255;
    }
}
