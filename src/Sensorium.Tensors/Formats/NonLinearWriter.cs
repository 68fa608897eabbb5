using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>Writers of the two types with a fixed table of levels (ggml's <c>quantize_iq4_nl</c> and <c>quantize_iq4_xs</c> without importance matrix).</summary>
static unsafe class NonLinearWriter
{
    const int Tries = 7;

    static readonly float[] levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static void IQ4_NL(float* x, byte* y, long blocks)
    {
        byte* index = stackalloc byte[32];
        for (; blocks > 0; blocks--, x += 32, y += 18)
        {
            float scale = BestScale(x);
            PlainWriter.WriteHalf(y, scale);
            Choose(x, scale != 0 ? 1 / scale : 0, index);
            Pack(index, y + 2);
        }
    }

    public static void IQ4_XS(float* x, byte* y, long blocks)
    {
        byte* index = stackalloc byte[32];
        float* scales = stackalloc float[8];
        for (; blocks > 0; blocks--, x += 256, y += 136)
        {
            for (int group = 0; group < 8; group++)
                scales[group] = BestScale(x + 32 * group);
            float d = -PlainWriter.Extreme(scales, 8) / 32;
            float inverse = d != 0 ? 1 / d : 0;
            PlainWriter.WriteHalf(y, d);
            int high = 0;
            Unsafe.WriteUnaligned(y + 4, 0u);
            for (int group = 0; group < 8; group++)
            {
                int code = Math.Clamp((int)MathF.Round(inverse * scales[group]), -32, 31);
                float scale = d * code;
                Choose(x + 32 * group, scale != 0 ? 1 / scale : 0, index);
                Pack(index, y + 8 + 16 * group);
                code += 32;
                y[4 + group / 2] |= (byte)((code & 15) << (4 * (group & 1)));
                high |= (code >> 4) << (2 * group);
            }

            Unsafe.WriteUnaligned(y + 2, (ushort)high);
        }
    }

    /// <summary>The scale of least squared error, weighted by the squares, among those that put the extreme near the first level.</summary>
    static float BestScale(float* x)
    {
        float extreme = PlainWriter.Extreme(x, 32);
        if (MathF.Abs(extreme) < 1e-15f)
            return 0;
        (float product, float square) = Fit(x, 1 / (-extreme / levels[0]));
        float scale = square > 0 ? product / square : 0;
        float best = scale * product;
        for (int attempt = -Tries; attempt <= Tries; attempt++)
        {
            (product, square) = Fit(x, (attempt + levels[0]) / extreme);
            if (square > 0 && product * product > best * square)
            {
                scale = product / square;
                best = scale * product;
            }
        }

        return scale;
    }

    static (float Product, float Square) Fit(float* x, float inverse)
    {
        float product = 0, square = 0;
        for (int j = 0; j < 32; j++)
        {
            float level = levels[Nearest(inverse * x[j])];
            float weight = x[j] * x[j];
            product += weight * level * x[j];
            square += weight * level * level;
        }

        return (product, square);
    }

    static void Choose(float* x, float inverse, byte* index)
    {
        for (int j = 0; j < 32; j++)
            index[j] = (byte)Nearest(inverse * x[j]);
    }

    static int Nearest(float value)
    {
        if (value <= levels[0])
            return 0;
        if (value >= levels[15])
            return 15;
        int low = 0, high = 15;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (value < levels[middle])
                high = middle;
            else
                low = middle;
        }

        return value - levels[high - 1] < levels[high] - value ? high - 1 : high;
    }

    static void Pack(byte* index, byte* y) =>
        (Vector128.Load(index) | (Vector128.Load(index + 16) << 4)).Store(y);
}
