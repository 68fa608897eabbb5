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
        for (; blocks > 0; blocks--, x += 18, y += 64)
        {
            float d = HalfFloats.ReadF16(x);
            for (int i = 0; i < 64; i++)
                y[i] = (((x[2 + i / 4] >> (2 * (i & 3))) & 3) - 1) * d;
        }
    }

    static float* Digits(byte* packed, int width, int digits, float d, float* y)
    {
        int power = 1;
        for (int n = 0; n < digits; n++, power *= 3)
        {
            for (int m = 0; m < width; m++)
            {
                byte fraction = (byte)(packed[m] * power);
                *y++ = (((fraction * 3) >> 8) - 1) * d;
            }
        }

        return y;
    }
}
