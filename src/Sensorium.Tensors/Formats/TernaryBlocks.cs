using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>Readers of the one- and two-bit types: signs, and three or four levels under one scale (layouts: ggml-common.h).</summary>
static unsafe class TernaryBlocks
{
    /// <summary>Five base-3 digits a byte: 48 bytes of five (32 and 16 wide), then 4 bytes of four.</summary>
    public static void ReadTQ1_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 54)
        {
            float d = HalfFloats.ReadF16(x + 52);
            y = Digits(x, 32, 5, d, y);
            y = Digits(x + 32, 16, 5, d, y);
            y = Digits(x + 48, 4, 4, d, y);
        }
    }

    public static void ReadTQ2_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 66)
        {
            float d = HalfFloats.ReadF16(x + 64);
            for (int start = 0; start < 64; start += 32)
            {
                for (int plane = 0; plane < 4; plane++, y += 32)
                {
                    Lanes.Scale16(Level(Vector128.Load(x + start), plane), d, y);
                    Lanes.Scale16(Level(Vector128.Load(x + start + 16), plane), d, y + 16);
                }
            }
        }

        static Vector128<sbyte> Level(Vector128<byte> packed, int plane) =>
            ((packed >>> (2 * plane)) & Vector128.Create((byte)3)).AsSByte() - Vector128<sbyte>.One;
    }

    public static void ReadQ1_0(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 18)
        {
            float d = HalfFloats.ReadF16(x);
            for (int i = 0; i < 16; i++, y += 8)
                Lanes.Signed8(0x0101010101010101, ~x[2 + i], d, y);
        }
    }

    public static void ReadQ2_0(byte* x, float* y, long blocks)
    {
        Vector128<byte> eachFour = Vector128.Create((byte)0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
        Vector128<byte> place = Vector128.Create(0xC0300C03u).AsByte();
        for (; blocks > 0; blocks--, x += 18, y += 64)
        {
            float d = HalfFloats.ReadF16(x);
            Vector128<byte> packed = Vector128.Load(x + 2);
            for (int i = 0; i < 4; i++)
            {
                // Each byte keeps only the two bits of its own number; folding the four places together brings them down.
                Vector128<byte> own = Vector128.Shuffle(packed, eachFour + Vector128.Create((byte)(4 * i))) & place;
                Vector128<byte> level = (own | (own >>> 2) | (own >>> 4) | (own >>> 6)) & Vector128.Create((byte)3);
                Lanes.Scale16(level.AsSByte() - Vector128<sbyte>.One, d, y + 16 * i);
            }
        }
    }

    static float* Digits(byte* packed, int width, int digits, float d, float* y)
    {
        int power = 1;
        for (int n = 0; n < digits; n++, power *= 3)
        {
            int m = 0;
            for (; m <= width - 16; m += 16, y += 16)
            {
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(packed + m));
                Lanes.Scale16(Vector128.Narrow(Digit(low, power), Digit(high, power)).AsSByte() - Vector128<sbyte>.One, d, y);
            }

            for (; m < width; m++)
            {
                byte fraction = (byte)(packed[m] * power);
                *y++ = (((fraction * 3) >> 8) - 1) * d;
            }
        }

        return y;

        static Vector128<ushort> Digit(Vector128<ushort> number, int power) =>
            (((number * Vector128.Create((ushort)power)) & Vector128.Create((ushort)255)) * Vector128.Create((ushort)3)) >>> 8;
    }
}
