using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Formats;

/// <summary>Writers of the blocks of 256 (ggml's <c>quantize_row_q2_K_ref</c> and following): a scale per group, the scales themselves quantised, then the numbers by what the scales became.</summary>
static unsafe class SuperWriter
{
    public static void Q2_K(float* x, byte* y, long blocks)
    {
        byte* level = stackalloc byte[256];
        float* scales = stackalloc float[16];
        float* mins = stackalloc float[16];
        float* weights = stackalloc float[16];
        for (; blocks > 0; blocks--, x += 256, y += 84)
        {
            float maxScale = 0, maxMin = 0;
            for (int group = 0; group < 16; group++)
            {
                for (int l = 0; l < 16; l++)
                    weights[l] = MathF.Abs(x[16 * group + l]);
                scales[group] = ScaleSearch.WithMinimum(x + 16 * group, weights, 16, 3, level + 16 * group, out mins[group], -0.5f, 15, absolute: true);
                maxScale = scales[group] > maxScale ? scales[group] : maxScale;
                maxMin = mins[group] > maxMin ? mins[group] : maxMin;
            }

            float inverseScale = maxScale > 0 ? 15 / maxScale : 0, inverseMin = maxMin > 0 ? 15 / maxMin : 0;
            for (int group = 0; group < 16; group++)
                y[group] = (byte)(Nearest(inverseScale * scales[group]) | (Nearest(inverseMin * mins[group]) << 4));
            PlainWriter.WriteHalf(y + 80, maxScale > 0 ? maxScale / 15 : 0);
            PlainWriter.WriteHalf(y + 82, maxMin > 0 ? maxMin / 15 : 0);

            float d = HalfFloats.ReadF16(y + 80), min = HalfFloats.ReadF16(y + 82);
            for (int group = 0; group < 16; group++)
                Requantise(x + 16 * group, 16, d * (y[group] & 15), min * (y[group] >> 4), 3, level + 16 * group);
            PackTwoBits(level, y + 16);
        }
    }

    public static void Q3_K(float* x, byte* y, long blocks)
    {
        sbyte* level = stackalloc sbyte[256];
        sbyte* codes = stackalloc sbyte[16];
        float* scales = stackalloc float[16];
        for (; blocks > 0; blocks--, x += 256, y += 110)
        {
            for (int group = 0; group < 16; group++)
                scales[group] = ScaleSearch.Descend(x + 16 * group, 16, 4, level + 16 * group);
            float extreme = PlainWriter.Extreme(scales, 16);
            byte* packed = y + 96;
            new Span<byte>(packed, 12).Clear();
            float inverse = extreme != 0 ? -32 / extreme : 0;
            if (extreme != 0)
            {
                for (int group = 0; group < 16; group++)
                {
                    int code = Math.Clamp(Nearest(inverse * scales[group]), -32, 31) + 32;
                    packed[group & 7] |= (byte)((code & 15) << (group < 8 ? 0 : 4));
                    packed[8 + (group & 3)] |= (byte)((code >> 4) << (2 * (group >> 2)));
                }
            }

            PlainWriter.WriteHalf(y + 108, extreme != 0 ? 1 / inverse : 0);
            float d = HalfFloats.ReadF16(y + 108);
            SuperBlocks.ThreeBitScales(packed, codes);
            for (int group = 0; group < 16; group++)
            {
                float scale = d * codes[group];
                for (int l = 16 * group; scale != 0 && l < 16 * group + 16; l++)
                    level[l] = (sbyte)(Math.Clamp(Nearest(x[l] / scale), -4, 3) + 4);
            }

            new Span<byte>(y, 32).Clear();
            for (int j = 0; j < 256; j++)
            {
                if (level[j] > 3)
                {
                    y[j & 31] |= (byte)(1 << (j >> 5));
                    level[j] -= 4;
                }
            }

            PackTwoBits((byte*)level, y + 32);
        }
    }

    public static void Q4_K(float* x, byte* y, long blocks)
    {
        byte* level = stackalloc byte[256];
        for (; blocks > 0; blocks--, x += 256, y += 144)
        {
            ScalesAndMins(x, 15, -1, 20, y, level);
            for (int j = 0; j < 128; j++)
            {
                byte* pair = level + (j / 32) * 64 + j % 32;
                y[16 + j] = (byte)(pair[0] | (pair[32] << 4));
            }
        }
    }

    public static void Q5_K(float* x, byte* y, long blocks)
    {
        byte* level = stackalloc byte[256];
        for (; blocks > 0; blocks--, x += 256, y += 176)
        {
            ScalesAndMins(x, 31, -0.5f, 15, y, level);
            new Span<byte>(y + 16, 32).Clear();
            for (int j = 0; j < 128; j++)
            {
                byte* pair = level + (j / 32) * 64 + j % 32;
                y[48 + j] = (byte)((pair[0] & 15) | ((pair[32] & 15) << 4));
                y[16 + j % 32] |= (byte)(((pair[0] >> 4) | ((pair[32] >> 4) << 1)) << (2 * (j / 32)));
            }
        }
    }

    public static void Q6_K(float* x, byte* y, long blocks)
    {
        sbyte* level = stackalloc sbyte[256];
        float* scales = stackalloc float[16];
        for (; blocks > 0; blocks--, x += 256, y += 210)
        {
            for (int group = 0; group < 16; group++)
                scales[group] = ScaleSearch.Symmetric(x + 16 * group, 16, 32, level + 16 * group);
            float extreme = PlainWriter.Extreme(scales, 16);
            if (MathF.Abs(extreme) < ScaleSearch.Negligible)
            {
                new Span<byte>(y, 210).Clear();
                continue;
            }

            float inverse = -128 / extreme;
            PlainWriter.WriteHalf(y + 208, 1 / inverse);
            float d = HalfFloats.ReadF16(y + 208);
            sbyte* codes = (sbyte*)y + 192;
            for (int group = 0; group < 16; group++)
            {
                codes[group] = (sbyte)Math.Min(127, Nearest(inverse * scales[group]));
                float scale = d * codes[group];
                for (int l = 16 * group; scale != 0 && l < 16 * group + 16; l++)
                    level[l] = (sbyte)(Math.Clamp(Nearest(x[l] / scale), -32, 31) + 32);
            }

            for (int half = 0; half < 2; half++)
            {
                sbyte* q = level + 128 * half;
                for (int l = 0; l < 32; l++)
                {
                    y[64 * half + l] = (byte)((q[l] & 15) | ((q[l + 64] & 15) << 4));
                    y[64 * half + 32 + l] = (byte)((q[l + 32] & 15) | ((q[l + 96] & 15) << 4));
                    y[128 + 32 * half + l] = (byte)((q[l] >> 4) | ((q[l + 32] >> 4) << 2) | ((q[l + 64] >> 4) << 4) | ((q[l + 96] >> 4) << 6));
                }
            }
        }
    }

    /// <summary>The part that Q4_K and Q5_K share: scales, minima, their 12 bytes, and the levels.</summary>
    static void ScalesAndMins(float* x, int top, float firstTry, int tries, byte* y, byte* level)
    {
        float* scales = stackalloc float[8];
        float* mins = stackalloc float[8];
        float* weights = stackalloc float[32];
        float maxScale = 0, maxMin = 0;
        for (int group = 0; group < 8; group++)
        {
            float* z = x + 32 * group;
            float squares = 0;
            for (int l = 0; l < 32; l++)
                squares += z[l] * z[l];
            float average = MathF.Sqrt(squares / 32);
            for (int l = 0; l < 32; l++)
                weights[l] = average + MathF.Abs(z[l]);
            scales[group] = ScaleSearch.WithMinimum(z, weights, 32, top, level + 32 * group, out mins[group], firstTry, tries, absolute: false);
            maxScale = scales[group] > maxScale ? scales[group] : maxScale;
            maxMin = mins[group] > maxMin ? mins[group] : maxMin;
        }

        float inverseScale = maxScale > 0 ? 63 / maxScale : 0, inverseMin = maxMin > 0 ? 63 / maxMin : 0;
        byte* packed = y + 4;
        new Span<byte>(packed, 12).Clear();
        for (int group = 0; group < 8; group++)
        {
            int scale = Math.Min(63, (int)(byte)Nearest(inverseScale * scales[group]));
            int min = Math.Min(63, (int)(byte)Nearest(inverseMin * mins[group]));
            if (group < 4)
            {
                packed[group] = (byte)scale;
                packed[group + 4] = (byte)min;
            }
            else
            {
                packed[group + 4] = (byte)((scale & 15) | ((min & 15) << 4));
                packed[group - 4] |= (byte)((scale >> 4) << 6);
                packed[group] |= (byte)((min >> 4) << 6);
            }
        }

        PlainWriter.WriteHalf(y, maxScale / 63);
        PlainWriter.WriteHalf(y + 2, maxMin / 63);
        float d = HalfFloats.ReadF16(y), dmin = HalfFloats.ReadF16(y + 2);
        for (int group = 0; group < 8; group++)
        {
            (int scale, int min) = SuperBlocks.ScaleAndMin(packed, group);
            Requantise(x + 32 * group, 32, d * scale, dmin * min, top, level + 32 * group);
        }
    }

    static void Requantise(float* x, int count, float scale, float min, int top, byte* level)
    {
        if (scale == 0)
            return;
        for (int l = 0; l < count; l++)
            level[l] = (byte)Math.Clamp(Nearest((x[l] + min) / scale), 0, top);
    }

    static void PackTwoBits(byte* level, byte* y)
    {
        for (int j = 0; j < 64; j++)
        {
            byte* q = level + (j / 32) * 128 + j % 32;
            y[j] = (byte)(q[0] | (q[32] << 2) | (q[64] << 4) | (q[96] << 6));
        }
    }

    /// <summary>The nearest integer, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nearest(float value) => (int)MathF.Round(value);
}
