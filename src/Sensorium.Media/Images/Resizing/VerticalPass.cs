using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// Resamples columns along y; source row 0 is row <c>firstRow</c> of the picture that the axis speaks of. The vector kernels
/// interleave two rows and multiply the pairs with 16-bit halves of the weights.
/// </summary>
sealed class VerticalPass(Image source, Image result, ResampleAxis rows, int firstRow, ResizeTier tier)
{
    public unsafe void Run(int from, int to)
    {
        int stride = source.Stride;
        int[]? sums = null;
        for (int y = from; y < to; y++)
        {
            int done = 0;
            fixed (byte* pixels = source.Pixels)
            fixed (byte* target = result.Row(y))
            fixed (int* weights = rows.WeightsOf(y))
            {
                byte* top = pixels + ((long)(rows.Starts[y] - firstRow) * stride);
                if (tier == ResizeTier.Avx512)
                {
                    for (; done + 64 <= stride; done += 64)
                    {
                        Block512(top + done, stride, weights, rows.Counts[y], target + done);
                    }
                }

                if (tier != ResizeTier.Portable)
                {
                    for (; done + 32 <= stride; done += 32)
                    {
                        Block256(top + done, stride, weights, rows.Counts[y], target + done);
                    }
                }
            }

            if (done < stride)
            {
                sums ??= new int[stride];
                Portable(y, done, result.Row(y)[done..], sums.AsSpan(done));
            }
        }
    }

    unsafe void Block512(byte* top, int stride, int* weights, int count, byte* target)
    {
        Vector512<int> high0 = default, high1 = default, high2 = default, high3 = default;
        Vector512<int> low0 = default, low1 = default, low2 = default, low3 = default;
        for (int j = 0; j < count; j += 2)
        {
            bool pair = j + 1 < count;
            Vector512<byte> first = Vector512.Load(top);
            Vector512<byte> second = pair ? Vector512.Load(top + stride) : default;
            top += 2L * stride;
            (int highPair, int lowPair) = Pair(weights[j], pair ? weights[j + 1] : 0);
            Vector512<short> high = Vector512.Create(highPair).AsInt16();
            Vector512<short> low = Vector512.Create(lowPair).AsInt16();
            Vector512<byte> left = Avx512BW.UnpackLow(first, second);
            Vector512<byte> right = Avx512BW.UnpackHigh(first, second);

            Vector512<short> pixels = Avx512BW.UnpackLow(left, Vector512<byte>.Zero).AsInt16();
            high0 += Avx512BW.MultiplyAddAdjacent(pixels, high);
            low0 += Avx512BW.MultiplyAddAdjacent(pixels, low);
            pixels = Avx512BW.UnpackHigh(left, Vector512<byte>.Zero).AsInt16();
            high1 += Avx512BW.MultiplyAddAdjacent(pixels, high);
            low1 += Avx512BW.MultiplyAddAdjacent(pixels, low);
            pixels = Avx512BW.UnpackLow(right, Vector512<byte>.Zero).AsInt16();
            high2 += Avx512BW.MultiplyAddAdjacent(pixels, high);
            low2 += Avx512BW.MultiplyAddAdjacent(pixels, low);
            pixels = Avx512BW.UnpackHigh(right, Vector512<byte>.Zero).AsInt16();
            high3 += Avx512BW.MultiplyAddAdjacent(pixels, high);
            low3 += Avx512BW.MultiplyAddAdjacent(pixels, low);
        }

        // Packing undoes unpacking, lane by lane, and saturates as the clamp does.
        Vector512<short> words0 = Avx512BW.PackSignedSaturate(Round(high0, low0), Round(high1, low1));
        Vector512<short> words1 = Avx512BW.PackSignedSaturate(Round(high2, low2), Round(high3, low3));
        Avx512BW.PackUnsignedSaturate(words0, words1).Store(target);
    }

    unsafe void Block256(byte* top, int stride, int* weights, int count, byte* target)
    {
        Vector256<int> high0 = default, high1 = default, high2 = default, high3 = default;
        Vector256<int> low0 = default, low1 = default, low2 = default, low3 = default;
        for (int j = 0; j < count; j += 2)
        {
            bool pair = j + 1 < count;
            Vector256<byte> first = Vector256.Load(top);
            Vector256<byte> second = pair ? Vector256.Load(top + stride) : default;
            top += 2L * stride;
            (int highPair, int lowPair) = Pair(weights[j], pair ? weights[j + 1] : 0);
            Vector256<short> high = Vector256.Create(highPair).AsInt16();
            Vector256<short> low = Vector256.Create(lowPair).AsInt16();
            Vector256<byte> left = Avx2.UnpackLow(first, second);
            Vector256<byte> right = Avx2.UnpackHigh(first, second);

            Vector256<short> pixels = Avx2.UnpackLow(left, Vector256<byte>.Zero).AsInt16();
            high0 += Avx2.MultiplyAddAdjacent(pixels, high);
            low0 += Avx2.MultiplyAddAdjacent(pixels, low);
            pixels = Avx2.UnpackHigh(left, Vector256<byte>.Zero).AsInt16();
            high1 += Avx2.MultiplyAddAdjacent(pixels, high);
            low1 += Avx2.MultiplyAddAdjacent(pixels, low);
            pixels = Avx2.UnpackLow(right, Vector256<byte>.Zero).AsInt16();
            high2 += Avx2.MultiplyAddAdjacent(pixels, high);
            low2 += Avx2.MultiplyAddAdjacent(pixels, low);
            pixels = Avx2.UnpackHigh(right, Vector256<byte>.Zero).AsInt16();
            high3 += Avx2.MultiplyAddAdjacent(pixels, high);
            low3 += Avx2.MultiplyAddAdjacent(pixels, low);
        }

        Vector256<short> words0 = Avx2.PackSignedSaturate(Round(high0, low0), Round(high1, low1));
        Vector256<short> words1 = Avx2.PackSignedSaturate(Round(high2, low2), Round(high3, low3));
        Avx2.PackUnsignedSaturate(words0, words1).Store(target);
    }

    Vector512<int> Round(Vector512<int> high, Vector512<int> low) =>
        ((high << TapGroups.LowBits) + low + Vector512.Create(1 << (rows.Precision - 1))) >> rows.Precision;

    Vector256<int> Round(Vector256<int> high, Vector256<int> low) =>
        ((high << TapGroups.LowBits) + low + Vector256.Create(1 << (rows.Precision - 1))) >> rows.Precision;

    static (int High, int Low) Pair(int first, int second)
    {
        const int mask = (1 << TapGroups.LowBits) - 1;
        return (((first >> TapGroups.LowBits) & 0xFFFF) | (second >> TapGroups.LowBits << 16), (first & mask) | ((second & mask) << 16));
    }

    void Portable(int y, int from, Span<byte> target, Span<int> sums)
    {
        sums.Fill(1 << (rows.Precision - 1));
        ReadOnlySpan<int> weights = rows.WeightsOf(y);
        for (int j = 0; j < weights.Length; j++)
        {
            ReadOnlySpan<byte> row = source.Row(rows.Starts[y] - firstRow + j)[from..];
            int weight = weights[j];
            for (int i = 0; i < row.Length; i++)
            {
                sums[i] += weight * row[i];
            }
        }

        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)Math.Clamp(sums[i] >> rows.Precision, 0, 255);
        }
    }
}
