using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Brings a component's rows to the picture's size as libjpeg does: a triangle filter ("fancy") for ratios of two,
/// repetition for the others.
/// </summary>
unsafe static class Upsampling
{
    /// <summary>Weighs two rows 3 : 1 into sums, or takes the one row as it is where both are the same row and <paramref name="blend"/> is off.</summary>
    /// <param name="near">The nearer row.</param>
    /// <param name="far">The farther row.</param>
    /// <param name="blend">Whether the rows are blended.</param>
    /// <param name="width">Samples.</param>
    /// <param name="sums">[width], with room for one more on either side, which are filled with copies of the outermost.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(byte* near, byte* far, bool blend, int width, ushort* sums)
    {
        int x = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; x <= width - 16; x += 16)
            {
                Vector256<ushort> sum = Widen(near + x);
                if (blend)
                {
                    sum += sum + sum + Widen(far + x);
                }

                sum.Store(sums + x);
            }
        }

        for (; x < width; x++)
        {
            sums[x] = (ushort)(blend ? (3 * near[x]) + far[x] : near[x]);
        }

        sums[-1] = sums[0];
        sums[width] = sums[width - 1];
    }

    /// <summary>Doubles a row of sums: each output is three parts the nearer, one part the farther, rounded down or up in turn.</summary>
    /// <param name="sums">As <see cref="Columns"/> makes them.</param>
    /// <param name="width">How many sums.</param>
    /// <param name="evenBias">Added before the shift, for even outputs.</param>
    /// <param name="oddBias">The same for odd ones.</param>
    /// <param name="shift">2 for single rows, 4 for blended ones.</param>
    /// <param name="output">[2 × width].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DoubleWidth(ushort* sums, int width, int evenBias, int oddBias, int shift, byte* output)
    {
        int x = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<ushort> even = Vector256.Create((ushort)evenBias);
            Vector256<ushort> odd = Vector256.Create((ushort)oddBias);
            for (; x <= width - 16; x += 16)
            {
                Vector256<ushort> sum = Vector256.Load(sums + x);
                Vector256<ushort> triple = sum + sum + sum;
                Vector256<ushort> left = (triple + Vector256.Load(sums + x - 1) + even) >>> shift;
                Vector256<ushort> right = (triple + Vector256.Load(sums + x + 1) + odd) >>> shift;
                (left | (right << 8)).Store((ushort*)(output + (2 * x)));
            }
        }

        for (; x < width; x++)
        {
            output[2 * x] = (byte)(((3 * sums[x]) + sums[x - 1] + evenBias) >> shift);
            output[(2 * x) + 1] = (byte)(((3 * sums[x]) + sums[x + 1] + oddBias) >> shift);
        }
    }

    /// <summary>Blends two rows 3 : 1 at full width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blend(byte* near, byte* far, int width, int bias, byte* output)
    {
        int x = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<ushort> round = Vector256.Create((ushort)bias);
            for (; x <= width - 32; x += 32)
            {
                Vector256<ushort> a = Widen(near + x);
                Vector256<ushort> b = Widen(near + x + 16);
                a = (a + a + a + Widen(far + x) + round) >>> 2;
                b = (b + b + b + Widen(far + x + 16) + round) >>> 2;
                Vector256.Narrow(a, b).Store(output + x);
            }
        }

        for (; x < width; x++)
        {
            output[x] = (byte)(((3 * near[x]) + far[x] + bias) >> 2);
        }
    }

    /// <summary>Repeats each sample.</summary>
    /// <param name="input">The samples.</param>
    /// <param name="factor">How often.</param>
    /// <param name="outputWidth">How many outputs; the last sample may come out fewer times.</param>
    /// <param name="output">[outputWidth].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Repeat(byte* input, int factor, int outputWidth, byte* output)
    {
        int x = 0;
        if (factor == 2 && Vector256.IsHardwareAccelerated)
        {
            for (; x <= outputWidth - 32; x += 32)
            {
                Vector256<ushort> sample = Widen(input + (x / 2));
                (sample | (sample << 8)).Store((ushort*)(output + x));
            }
        }

        for (int from = x / factor; x < outputWidth; from++)
        {
            for (int i = 0; i < factor && x < outputWidth; i++)
            {
                output[x++] = input[from];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<ushort> Widen(byte* from)
    {
        Vector128<byte> bytes = Vector128.Load(from);
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(bytes);
        return Vector256.Create(lower, upper);
    }
}
