using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Formats;

/// <summary>Readers of the IQ types: indices into a lattice, signs, and scales (layouts: ggml-common.h, <c>block_iq2_xxs</c> and following).</summary>
static unsafe class LatticeBlocks
{
    const float Shift = 0.125f;

    static readonly ulong[] iq2Xxs = Eights(LatticePoints.Iq2Xxs, [0x08, 0x19, 0x2b]);
    static readonly ulong[] iq2Xs = Eights(LatticePoints.Iq2Xs, [0x08, 0x19, 0x2b]);
    static readonly ulong[] iq2S = Eights(LatticePoints.Iq2S, [0x08, 0x19, 0x2b]);
    static readonly ulong[] iq1 = Eights(LatticePoints.Iq1, [0xff, 0x00, 0x01]);
    static readonly uint[] iq3Xxs = Fours(LatticePoints.Iq3Xxs, [0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3e]);
    static readonly uint[] iq3S = Fours(LatticePoints.Iq3S, [1, 3, 5, 7, 9, 11, 13, 15]);

    public static void ReadIQ2_XXS(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 66)
        {
            float d = HalfFloats.ReadF16(x);
            for (int group = 0; group < 8; group++)
            {
                byte* indices = x + 2 + 8 * group;
                uint signs = Unsafe.ReadUnaligned<uint>(indices + 4);
                float scale = d * (0.5f + (signs >> 28)) * 0.25f;
                for (int l = 0; l < 4; l++, y += 8)
                    Lanes.Signed8(iq2Xxs[indices[l]], EvenSigns(signs >> (7 * l)), scale, y);
            }
        }
    }

    public static void ReadIQ2_XS(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 74)
        {
            float d = HalfFloats.ReadF16(x);
            for (int group = 0; group < 8; group++)
            {
                byte scales = x[66 + group];
                for (int l = 0; l < 4; l++, y += 8)
                {
                    float scale = d * (0.5f + ((scales >> (4 * (l / 2))) & 15)) * 0.25f;
                    uint code = Unsafe.ReadUnaligned<ushort>(x + 2 + 2 * (4 * group + l));
                    Lanes.Signed8(iq2Xs[code & 511], EvenSigns(code >> 9), scale, y);
                }
            }
        }
    }

    public static void ReadIQ2_S(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 82)
        {
            float d = HalfFloats.ReadF16(x);
            byte* low = x + 2, signs = x + 34, high = x + 66, scales = x + 74;
            for (int group = 0; group < 8; group++)
            {
                for (int l = 0; l < 4; l++, y += 8)
                {
                    float scale = d * (0.5f + ((scales[group] >> (4 * (l / 2))) & 15)) * 0.25f;
                    int index = *low++ | ((high[group] << (8 - 2 * l)) & 0x300);
                    Lanes.Signed8(iq2S[index], *signs++, scale, y);
                }
            }
        }
    }

    public static void ReadIQ3_XXS(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 98)
        {
            float d = HalfFloats.ReadF16(x);
            byte* indices = x + 2;
            for (int group = 0; group < 8; group++)
            {
                uint signs = Unsafe.ReadUnaligned<uint>(x + 66 + 4 * group);
                float scale = d * (0.5f + (signs >> 28)) * 0.5f;
                for (int l = 0; l < 4; l++, y += 8, indices += 2)
                {
                    ulong point = iq3Xxs[indices[0]] | ((ulong)iq3Xxs[indices[1]] << 32);
                    Lanes.Signed8(point, EvenSigns(signs >> (7 * l)), scale, y);
                }
            }
        }
    }

    public static void ReadIQ3_S(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 110)
        {
            float d = HalfFloats.ReadF16(x);
            byte* indices = x + 2, high = x + 66, signs = x + 74, scales = x + 106;
            for (int group = 0; group < 8; group++)
            {
                float scale = d * (1 + 2 * ((scales[group / 2] >> (4 * (group & 1))) & 15));
                for (int l = 0; l < 4; l++, y += 8, indices += 2)
                {
                    int first = indices[0] | ((high[group] << (8 - 2 * l)) & 256);
                    int second = indices[1] | ((high[group] << (7 - 2 * l)) & 256);
                    Lanes.Signed8(iq3S[first] | ((ulong)iq3S[second] << 32), *signs++, scale, y);
                }
            }
        }
    }

    public static void ReadIQ1_S(byte* x, float* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 50)
        {
            float d = HalfFloats.ReadF16(x);
            byte* indices = x + 2;
            for (int group = 0; group < 8; group++)
            {
                int high = Unsafe.ReadUnaligned<ushort>(x + 34 + 2 * group);
                float scale = d * (2 * ((high >> 12) & 7) + 1);
                float shift = (high & 0x8000) != 0 ? -Shift : Shift;
                for (int l = 0; l < 4; l++, y += 8)
                    Lanes.Shifted8(iq1[*indices++ | (((high >> (3 * l)) & 7) << 8)], shift, scale, y);
            }
        }
    }

    public static void ReadIQ1_M(byte* x, float* y, long blocks)
    {
        int* scales = stackalloc int[4];
        for (; blocks > 0; blocks--, x += 56)
        {
            byte* indices = x, high = x + 32;
            for (int i = 0; i < 4; i++)
                scales[i] = Unsafe.ReadUnaligned<ushort>(x + 48 + 2 * i);
            float d = HalfFloats.FromF16((ushort)((scales[0] >> 12) | ((scales[1] >> 8) & 0xf0) | ((scales[2] >> 4) & 0xf00) | (scales[3] & 0xf000)));
            for (int group = 0; group < 8; group++)
            {
                for (int l = 0; l < 4; l++, y += 8)
                {
                    int code = (scales[group / 2] >> (6 * (group & 1) + 3 * (l / 2))) & 7;
                    int upper = high[2 * group + l / 2] >> (4 * (l & 1));
                    Lanes.Shifted8(iq1[*indices++ | ((upper & 7) << 8)], (upper & 8) != 0 ? -Shift : Shift, d * (2 * code + 1), y);
                }
            }
        }
    }

    /// <summary>Seven stored signs and the eighth, which makes their number even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int EvenSigns(uint code)
    {
        uint seven = code & 127;
        return (int)(seven | ((uint)(BitOperations.PopCount(seven) & 1) << 7));
    }

    static ulong[] Eights(ReadOnlySpan<ushort> points, ReadOnlySpan<byte> levels)
    {
        var table = new ulong[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            for (int j = 0; j < 8; j++)
                table[i] |= (ulong)levels[(points[i] >> (2 * j)) & 3] << (8 * j);
        }

        return table;
    }

    static uint[] Fours(ReadOnlySpan<ushort> points, ReadOnlySpan<byte> levels)
    {
        var table = new uint[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            for (int j = 0; j < 4; j++)
                table[i] |= (uint)levels[(points[i] >> (3 * j)) & 7] << (8 * j);
        }

        return table;
    }
}
