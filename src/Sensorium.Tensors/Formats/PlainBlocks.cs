using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>Readers of the blocks of 32 (layouts: ggml-common.h, <c>block_q4_0</c> and following).</summary>
static unsafe class PlainBlocks
{
    /// <summary>The levels of IQ4_NL and IQ4_XS.</summary>
    public static Vector128<sbyte> NonLinearLevels => Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    /// <summary>Twice the values of E2M1.</summary>
    public static Vector128<sbyte> MicroLevels => Vector128.Create(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    public static void ReadQ4_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 18, y += 32)
        {
            float d = HalfFloats.ReadF16(x);
            (Vector128<byte> low, Vector128<byte> high) = Lanes.Nibbles(x + 2);
            Lanes.Scale16(low.AsSByte() - Vector128.Create((sbyte)8), d, y);
            Lanes.Scale16(high.AsSByte() - Vector128.Create((sbyte)8), d, y + 16);
        }
    }

    public static void ReadQ4_1(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 20, y += 32)
        {
            float d = HalfFloats.ReadF16(x), m = HalfFloats.ReadF16(x + 2);
            (Vector128<byte> low, Vector128<byte> high) = Lanes.Nibbles(x + 4);
            Lanes.ScaleShift16(low.AsSByte(), d, m, y);
            Lanes.ScaleShift16(high.AsSByte(), d, m, y + 16);
        }
    }

    public static void ReadQ5_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 22, y += 32)
        {
            float d = HalfFloats.ReadF16(x);
            uint fifth = Unsafe.ReadUnaligned<uint>(x + 2);
            (Vector128<byte> low, Vector128<byte> high) = Lanes.Nibbles(x + 6);
            Lanes.Scale16((low | FifthBit(fifth)).AsSByte() - Vector128.Create((sbyte)16), d, y);
            Lanes.Scale16((high | FifthBit(fifth >> 16)).AsSByte() - Vector128.Create((sbyte)16), d, y + 16);
        }
    }

    public static void ReadQ5_1(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 24, y += 32)
        {
            float d = HalfFloats.ReadF16(x), m = HalfFloats.ReadF16(x + 2);
            uint fifth = Unsafe.ReadUnaligned<uint>(x + 4);
            (Vector128<byte> low, Vector128<byte> high) = Lanes.Nibbles(x + 8);
            Lanes.ScaleShift16((low | FifthBit(fifth)).AsSByte(), d, m, y);
            Lanes.ScaleShift16((high | FifthBit(fifth >> 16)).AsSByte(), d, m, y + 16);
        }
    }

    public static void ReadQ8_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 34, y += 32)
        {
            float d = HalfFloats.ReadF16(x);
            Lanes.Scale16(Vector128.Load((sbyte*)x + 2), d, y);
            Lanes.Scale16(Vector128.Load((sbyte*)x + 18), d, y + 16);
        }
    }

    public static void ReadQ8_1(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 36, y += 32)
        {
            float d = HalfFloats.ReadF16(x);
            Lanes.Scale16(Vector128.Load((sbyte*)x + 4), d, y);
            Lanes.Scale16(Vector128.Load((sbyte*)x + 20), d, y + 16);
        }
    }

    public static void ReadIQ4_NL(byte* x, float* y, long blocks)
    {
        Vector128<sbyte> levels = NonLinearLevels;
        for (; blocks > 0; blocks--, x += 18, y += 32)
            Look32(levels, x + 2, HalfFloats.ReadF16(x), y);
    }

    public static void ReadMXFP4(byte* x, float* y, long blocks)
    {
        Vector128<sbyte> levels = MicroLevels;
        for (; blocks > 0; blocks--, x += 17, y += 32)
            Look32(levels, x + 1, HalfPowerOfTwo(x[0]), y);
    }

    /// <summary>32 numbers by their 4-bit indices into a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Look32(Vector128<sbyte> levels, byte* indices, float scale, float* y)
    {
        (Vector128<byte> low, Vector128<byte> high) = Lanes.Nibbles(indices);
        Lanes.Scale16(Vector128.Shuffle(levels, low.AsSByte()), scale, y);
        Lanes.Scale16(Vector128.Shuffle(levels, high.AsSByte()), scale, y + 16);
    }

    /// <summary>Half of 2^(exponent−127): the E8M0 scale, the table holding doubled values.</summary>
    public static float HalfPowerOfTwo(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);

    /// <summary>16 bytes of 16 or 0 by the low 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> FifthBit(uint bits)
    {
        Vector128<byte> eachEight = Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        Vector128<byte> spread = Vector128.Shuffle(Vector128.CreateScalar(bits).AsByte(), eachEight);
        Vector128<byte> mask = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        return Vector128.Equals(spread & mask, mask) & Vector128.Create((byte)16);
    }
}
