using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>Readers of the blocks of 256 whose groups have scales of their own (layouts: ggml-common.h, <c>block_q2_K</c> and following).</summary>
static unsafe class SuperBlocks
{
    public static void ReadQ2_K(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 84)
        {
            byte* scales = x, quants = x + 16;
            float d = HalfFloats.ReadF16(x + 80), min = HalfFloats.ReadF16(x + 82);
            for (int half = 0; half < 2; half++, quants += 32)
            {
                Vector128<byte> first = Vector128.Load(quants), second = Vector128.Load(quants + 16);
                for (int plane = 0; plane < 4; plane++, y += 32)
                {
                    byte s = *scales++;
                    Lanes.ScaleShift16(Two(first, plane), d * (s & 15), -(min * (s >> 4)), y);
                    s = *scales++;
                    Lanes.ScaleShift16(Two(second, plane), d * (s & 15), -(min * (s >> 4)), y + 16);
                }
            }
        }
    }

    public static void ReadQ3_K(byte* x, float* y, long blocks)
    {
        sbyte* scales = stackalloc sbyte[16];
        for (; blocks > 0; blocks--, x += 110)
        {
            byte* quants = x + 32;
            float d = HalfFloats.ReadF16(x + 108);
            ThreeBitScales(x + 96, scales);
            Vector128<byte> high0 = Vector128.Load(x), high1 = Vector128.Load(x + 16);
            int group = 0;
            for (int half = 0; half < 2; half++, quants += 32)
            {
                Vector128<byte> first = Vector128.Load(quants), second = Vector128.Load(quants + 16);
                for (int plane = 0; plane < 4; plane++, y += 32)
                {
                    Vector128<byte> bit = Vector128.Create((byte)(1 << (4 * half + plane)));
                    Lanes.Scale16(Two(first, plane) - WithoutBit(high0, bit), d * scales[group++], y);
                    Lanes.Scale16(Two(second, plane) - WithoutBit(high1, bit), d * scales[group++], y + 16);
                }
            }
        }
    }

    public static void ReadQ4_K(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 144)
        {
            float d = HalfFloats.ReadF16(x), min = HalfFloats.ReadF16(x + 2);
            byte* quants = x + 16;
            for (int group = 0; group < 8; group += 2, quants += 32, y += 64)
            {
                (int s0, int m0) = ScaleAndMin(x + 4, group);
                (int s1, int m1) = ScaleAndMin(x + 4, group + 1);
                (Vector128<byte> lowA, Vector128<byte> highA) = Lanes.Nibbles(quants);
                (Vector128<byte> lowB, Vector128<byte> highB) = Lanes.Nibbles(quants + 16);
                Lanes.ScaleShift16(lowA.AsSByte(), d * s0, -(min * m0), y);
                Lanes.ScaleShift16(lowB.AsSByte(), d * s0, -(min * m0), y + 16);
                Lanes.ScaleShift16(highA.AsSByte(), d * s1, -(min * m1), y + 32);
                Lanes.ScaleShift16(highB.AsSByte(), d * s1, -(min * m1), y + 48);
            }
        }
    }

    public static void ReadQ5_K(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 176)
        {
            float d = HalfFloats.ReadF16(x), min = HalfFloats.ReadF16(x + 2);
            Vector128<byte> fifthA = Vector128.Load(x + 16), fifthB = Vector128.Load(x + 32);
            byte* quants = x + 48;
            for (int group = 0; group < 8; group += 2, quants += 32, y += 64)
            {
                (int s0, int m0) = ScaleAndMin(x + 4, group);
                (int s1, int m1) = ScaleAndMin(x + 4, group + 1);
                (Vector128<byte> lowA, Vector128<byte> highA) = Lanes.Nibbles(quants);
                (Vector128<byte> lowB, Vector128<byte> highB) = Lanes.Nibbles(quants + 16);
                Vector128<byte> bit0 = Vector128.Create((byte)(1 << group)), bit1 = Vector128.Create((byte)(2 << group));
                Lanes.ScaleShift16((lowA | Sixteen(fifthA, bit0)).AsSByte(), d * s0, -(min * m0), y);
                Lanes.ScaleShift16((lowB | Sixteen(fifthB, bit0)).AsSByte(), d * s0, -(min * m0), y + 16);
                Lanes.ScaleShift16((highA | Sixteen(fifthA, bit1)).AsSByte(), d * s1, -(min * m1), y + 32);
                Lanes.ScaleShift16((highB | Sixteen(fifthB, bit1)).AsSByte(), d * s1, -(min * m1), y + 48);
            }
        }
    }

    public static void ReadQ6_K(byte* x, float* y, long blocks)
    {
        Vector128<byte> two = Vector128.Create((byte)3);
        Vector128<sbyte> middle = Vector128.Create((sbyte)32);
        for (; blocks > 0; blocks--, x += 210)
        {
            float d = HalfFloats.ReadF16(x + 208);
            byte* low = x, high = x + 128;
            sbyte* scales = (sbyte*)x + 192;
            for (int half = 0; half < 2; half++, low += 64, high += 32, scales += 8, y += 128)
            {
                for (int side = 0; side < 2; side++)
                {
                    Vector128<byte> upper = Vector128.Load(high + 16 * side);
                    (Vector128<byte> q1, Vector128<byte> q3) = Lanes.Nibbles(low + 16 * side);
                    (Vector128<byte> q2, Vector128<byte> q4) = Lanes.Nibbles(low + 32 + 16 * side);
                    float* z = y + 16 * side;
                    Lanes.Scale16((q1 | ((upper & two) << 4)).AsSByte() - middle, d * scales[side], z);
                    Lanes.Scale16((q2 | (((upper >>> 2) & two) << 4)).AsSByte() - middle, d * scales[side + 2], z + 32);
                    Lanes.Scale16((q3 | (((upper >>> 4) & two) << 4)).AsSByte() - middle, d * scales[side + 4], z + 64);
                    Lanes.Scale16((q4 | ((upper >>> 6) << 4)).AsSByte() - middle, d * scales[side + 6], z + 96);
                }
            }
        }
    }

    public static void ReadQ8_K(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 292, y += 256)
        {
            float d = Unsafe.ReadUnaligned<float>(x);
            for (int i = 0; i < 256; i += 16)
                Lanes.Scale16(Vector128.Load((sbyte*)x + 4 + i), d, y + i);
        }
    }

    public static void ReadIQ4_XS(byte* x, float* y, long blocks)
    {
        Vector128<sbyte> levels = PlainBlocks.NonLinearLevels;
        for (; blocks > 0; blocks--, x += 136)
        {
            float d = HalfFloats.ReadF16(x);
            int high = Unsafe.ReadUnaligned<ushort>(x + 2);
            for (int group = 0; group < 8; group++, y += 32)
            {
                int scale = ((x[4 + group / 2] >> (4 * (group & 1))) & 15) | (((high >> (2 * group)) & 3) << 4);
                PlainBlocks.Look32(levels, x + 8 + 16 * group, d * (scale - 32), y);
            }
        }
    }

    /// <summary>The 6-bit scale and minimum of one of eight groups, out of their 12 bytes (Q4_K and Q5_K).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Scale, int Min) ScaleAndMin(byte* packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4), (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4));

    /// <summary>The 16 signed scales of Q3_K: four low bits in bytes 0 to 7, two high bits in bytes 8 to 11.</summary>
    public static void ThreeBitScales(byte* packed, sbyte* scales)
    {
        const uint twoBits = 0x03030303, fourBits = 0x0f0f0f0f;
        uint first = Unsafe.ReadUnaligned<uint>(packed), second = Unsafe.ReadUnaligned<uint>(packed + 4), high = Unsafe.ReadUnaligned<uint>(packed + 8);
        Vector128<byte> codes = Vector128.Create(
            (first & fourBits) | ((high & twoBits) << 4),
            (second & fourBits) | (((high >> 2) & twoBits) << 4),
            ((first >> 4) & fourBits) | (((high >> 4) & twoBits) << 4),
            ((second >> 4) & fourBits) | (((high >> 6) & twoBits) << 4)).AsByte();
        (codes.AsSByte() - Vector128.Create((sbyte)32)).Store(scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<sbyte> Two(Vector128<byte> packed, int plane) => ((packed >>> (2 * plane)) & Vector128.Create((byte)3)).AsSByte();

    /// <summary>4 where the bit is not set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<sbyte> WithoutBit(Vector128<byte> packed, Vector128<byte> bit) =>
        (Vector128.Equals(packed & bit, Vector128<byte>.Zero) & Vector128.Create((byte)4)).AsSByte();

    /// <summary>16 where the bit is set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> Sixteen(Vector128<byte> packed, Vector128<byte> bit) =>
        Vector128.Equals(packed & bit, bit) & Vector128.Create((byte)16);
}
