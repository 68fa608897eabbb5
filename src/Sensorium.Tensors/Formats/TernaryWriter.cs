namespace Sensorium.Tensors.Formats;

/// <summary>Writers of the one- and two-bit types (ggml's <c>quantize_row_tq1_0_ref</c> and following).</summary>
static unsafe class TernaryWriter
{
    public static void TQ1_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 256, y += 54)
        {
            float inverse = Inverse(x, 256, y + 52);
            Digits(x, y, 32, 5, inverse);
            Digits(x + 160, y + 32, 16, 5, inverse);
            Digits(x + 240, y + 48, 4, 4, inverse);
        }
    }

    public static void TQ2_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 256, y += 66)
        {
            float inverse = Inverse(x, 256, y + 64);
            for (int j = 0; j < 64; j++)
            {
                float* z = x + (j / 32) * 128 + j % 32;
                int packed = 0;
                for (int n = 0; n < 4; n++)
                    packed |= Level(z[32 * n] * inverse) << (2 * n);
                y[j] = (byte)packed;
            }
        }
    }

    public static void Q1_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 128, y += 18)
        {
            float sum = 0;
            for (int j = 0; j < 128; j++)
                sum += MathF.Abs(x[j]);
            PlainWriter.WriteHalf(y, sum / 128);
            for (int i = 0; i < 16; i++)
            {
                int bits = 0;
                for (int j = 0; j < 8; j++)
                    bits |= x[8 * i + j] >= 0 ? 1 << j : 0;
                y[2 + i] = (byte)bits;
            }
        }
    }

    public static void Q2_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 64, y += 18)
        {
            float inverse = Inverse(x, 64, y);
            for (int i = 0; i < 16; i++)
            {
                int packed = 0;
                for (int j = 0; j < 4; j++)
                    packed |= Level(x[4 * i + j] * inverse) << (2 * j);
                y[2 + i] = (byte)packed;
            }
        }
    }

    static float Inverse(float* x, int count, byte* scale)
    {
        float largest = PlainWriter.LargestMagnitude(x, count);
        PlainWriter.WriteHalf(scale, largest);
        return largest > 0 ? 1 / largest : 0;
    }

    static int Level(float value) => Math.Clamp((int)MathF.Round(value, MidpointRounding.AwayFromZero) + 1, 0, 3);

    /// <summary>A byte is the five digits as a fraction of 243, scaled to 256 and rounded up, so that a product gives each digit back.</summary>
    static void Digits(float* x, byte* y, int width, int digits, float inverse)
    {
        for (int m = 0; m < width; m++)
        {
            int number = 0;
            for (int n = 0; n < digits; n++)
                number = number * 3 + Level(x[m + n * width] * inverse);
            for (int n = digits; n < 5; n++)
                number *= 3;
            y[m] = (byte)(((byte)number * 256 + 242) / 243);
        }
    }
}
