using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>Writers of the blocks of 32 (ggml's <c>quantize_row_q4_0_ref</c> and following).</summary>
static unsafe class PlainWriter
{
    public static void Q4_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 18)
        {
            float d = Extreme(x, 32) / -8;
            float inverse = d != 0 ? 1 / d : 0;
            WriteHalf(y, d);
            for (int j = 0; j < 16; j++)
                y[2 + j] = (byte)(Level(x[j] * inverse + 8.5f, 15) | (Level(x[j + 16] * inverse + 8.5f, 15) << 4));
        }
    }

    public static void Q4_1(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 20)
        {
            (float min, float max) = Range(x, 32);
            float d = (max - min) / 15;
            float inverse = d != 0 ? 1 / d : 0;
            WriteHalf(y, d);
            WriteHalf(y + 2, min);
            for (int j = 0; j < 16; j++)
                y[4 + j] = (byte)(Level((x[j] - min) * inverse + 0.5f, 15) | (Level((x[j + 16] - min) * inverse + 0.5f, 15) << 4));
        }
    }

    public static void Q5_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 22)
        {
            float d = Extreme(x, 32) / -16;
            float inverse = d != 0 ? 1 / d : 0;
            WriteHalf(y, d);
            uint fifth = 0;
            for (int j = 0; j < 16; j++)
                y[6 + j] = Pack5(Level(x[j] * inverse + 16.5f, 31), Level(x[j + 16] * inverse + 16.5f, 31), j, ref fifth);
            Unsafe.WriteUnaligned(y + 2, fifth);
        }
    }

    public static void Q5_1(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 24)
        {
            (float min, float max) = Range(x, 32);
            float d = (max - min) / 31;
            float inverse = d != 0 ? 1 / d : 0;
            WriteHalf(y, d);
            WriteHalf(y + 2, min);
            uint fifth = 0;
            for (int j = 0; j < 16; j++)
                y[8 + j] = Pack5(Level((x[j] - min) * inverse + 0.5f, 31), Level((x[j + 16] - min) * inverse + 0.5f, 31), j, ref fifth);
            Unsafe.WriteUnaligned(y + 4, fifth);
        }
    }

    public static void Q8_0(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 34)
        {
            float d = LargestMagnitude(x, 32) / 127;
            float inverse = d != 0 ? 1 / d : 0;
            WriteHalf(y, d);
            for (int j = 0; j < 32; j++)
                y[2 + j] = (byte)(sbyte)Math.Clamp(MathF.Round(x[j] * inverse, MidpointRounding.AwayFromZero), -128, 127);
        }
    }

    public static void MXFP4(float* x, byte* y, long blocks)
    {
        for (; blocks > 0; blocks--, x += 32, y += 17)
        {
            float largest = LargestMagnitude(x, 32);
            y[0] = largest > 0 ? (byte)Math.Clamp(MathF.Floor(MathF.Log2(largest)) - 2 + 127, 0, 254) : (byte)0;
            float d = PlainBlocks.HalfPowerOfTwo(y[0]);
            for (int j = 0; j < 16; j++)
                y[1 + j] = (byte)(NearestMicro(x[j], d) | (NearestMicro(x[j + 16], d) << 4));
        }
    }

    /// <summary>The value of largest magnitude, with its sign (the first of equals).</summary>
    public static float Extreme(float* x, int count)
    {
        float largest = 0, value = 0;
        for (int j = 0; j < count; j++)
        {
            if (MathF.Abs(x[j]) > largest)
            {
                largest = MathF.Abs(x[j]);
                value = x[j];
            }
        }

        return value;
    }

    /// <summary>The largest magnitude; <paramref name="count"/> a multiple of 8.</summary>
    public static float LargestMagnitude(float* x, int count)
    {
        Vector256<float> largest = Vector256<float>.Zero;
        for (int j = 0; j < count; j += 8)
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + j)));
        float result = 0;
        for (int j = 0; j < 8; j++)
            result = MathF.Max(result, largest.GetElement(j));
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteHalf(byte* p, float value) => Unsafe.WriteUnaligned(p, HalfFloats.ToF16(value));

    static (float Min, float Max) Range(float* x, int count)
    {
        float min = float.MaxValue, max = -float.MaxValue;
        for (int j = 0; j < count; j++)
        {
            if (x[j] < min)
                min = x[j];
            if (x[j] > max)
                max = x[j];
        }

        return (min, max);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Level(float shifted, int top) => Math.Clamp((int)shifted, 0, top);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte Pack5(int first, int second, int j, ref uint fifth)
    {
        fifth |= ((uint)first >> 4) << j;
        fifth |= ((uint)second >> 4) << (j + 16);
        return (byte)((first & 15) | ((second & 15) << 4));
    }

    static int NearestMicro(float value, float scale)
    {
        Vector128<sbyte> levels = PlainBlocks.MicroLevels;
        int best = 0;
        float error = MathF.Abs(levels.GetElement(0) * scale - value);
        for (int i = 1; i < 16; i++)
        {
            float other = MathF.Abs(levels.GetElement(i) * scale - value);
            if (other < error)
                (best, error) = (i, other);
        }

        return best;
    }
}
