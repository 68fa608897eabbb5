using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// Resamples rows along x: result row r is made from source row <c>firstRow</c> + r. The vector kernels multiply 16-bit
/// halves of the weights with pairs of neighbouring pixels; as all of it is whole numbers, the order of summation does not
/// show in the result.
/// </summary>
sealed class HorizontalPass
{
    readonly Image source;
    readonly Image result;
    readonly ResampleAxis columns;
    readonly int firstRow;
    readonly ResizeTier tier;
    readonly TapGroups? groups;

    public HorizontalPass(Image source, Image result, ResampleAxis columns, int firstRow, ResizeTier tier)
    {
        this.source = source;
        this.result = result;
        this.columns = columns;
        this.firstRow = firstRow;

        // One and two channels are rare (masks, grey scans), and left to the compiler.
        this.tier = source.BytesPerPixel >= 3 ? tier : ResizeTier.Portable;
        if (this.tier != ResizeTier.Portable)
        {
            groups = new TapGroups(columns, source.Width, this.tier == ResizeTier.Avx512 ? 8 : 4);
        }
    }

    public unsafe void Run(int from, int to)
    {
        if (tier == ResizeTier.Portable)
        {
            for (int y = from; y < to; y++)
            {
                Portable(source.Row(firstRow + y), result.Row(y), 0, columns.Size);
            }

            return;
        }

        fixed (byte* pixels = source.Pixels)
        fixed (byte* target = result.Pixels)
        {
            int y = from;
            for (; y + 2 <= to; y += 2)
            {
                Rows2(pixels + ((long)(firstRow + y) * source.Stride), target + ((long)y * result.Stride), y, rows: 2);
            }

            if (y < to)
            {
                Rows2(pixels + ((long)(firstRow + y) * source.Stride), target + ((long)y * result.Stride), y, rows: 1);
            }
        }
    }

    // Two rows at once share each load of the weights. A single row is done as two equal ones.
    unsafe void Rows2(byte* first, byte* target, int y, int rows)
    {
        byte* second = rows == 2 ? first + source.Stride : first;
        byte* secondTarget = rows == 2 ? target + result.Stride : target;
        int channels = source.BytesPerPixel;
        TapGroups taps = groups!;
        fixed (short* high = taps.High)
        fixed (short* low = taps.Low)
        {
            for (int x = 0; x < columns.Size; x++)
            {
                int count = taps.Counts[x];
                if (count == 0)
                {
                    Portable(source.Row(firstRow + y), result.Row(y), x, x + 1);
                    if (rows == 2)
                    {
                        Portable(source.Row(firstRow + y + 1), result.Row(y + 1), x, x + 1);
                    }

                    continue;
                }

                long at = (long)taps.Starts[x] * channels;
                short* h = high + taps.Offsets[x];
                short* l = low + taps.Offsets[x];
                (Vector128<int> a, Vector128<int> b) = tier == ResizeTier.Avx512
                    ? Sum512(first + at, second + at, h, l, count, channels)
                    : Sum256(first + at, second + at, h, l, count, channels);
                Store(target + (x * channels), a, channels);
                Store(secondTarget + (x * channels), b, channels);
            }
        }
    }

    unsafe void Store(byte* target, Vector128<int> sum, int channels)
    {
        Vector128<int> value = Vector128.Min(Vector128.Max(sum + Vector128.Create(1 << (columns.Precision - 1)) >> columns.Precision, Vector128<int>.Zero), Vector128.Create(255));
        uint packed = Vector128.Shuffle(value.AsByte(), Vector128.Create((byte)0, 4, 8, 12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)).AsUInt32().ToScalar();
        target[0] = (byte)packed;
        target[1] = (byte)(packed >> 8);
        target[2] = (byte)(packed >> 16);
        if (channels == 4)
        {
            target[3] = (byte)(packed >> 24);
        }
    }

    // Eight pixels a step: each 128-bit lane holds two pixels as 16-bit pairs, a pair a channel.
    static unsafe (Vector128<int> A, Vector128<int> B) Sum512(byte* a, byte* b, short* high, short* low, int steps, int channels)
    {
        Vector512<byte> spread = channels == 3 ? Spread3x512 : Spread4x512;
        int upper = channels * 4;
        Vector512<int> highA = default, lowA = default, highB = default, lowB = default;
        for (int i = 0; i < steps; i++)
        {
            Vector512<short> h = PairsToLanes(high + (8 * i));
            Vector512<short> l = PairsToLanes(low + (8 * i));
            Vector512<short> pixels = Load512(a, upper, spread);
            highA += Avx512BW.MultiplyAddAdjacent(pixels, h);
            lowA += Avx512BW.MultiplyAddAdjacent(pixels, l);
            pixels = Load512(b, upper, spread);
            highB += Avx512BW.MultiplyAddAdjacent(pixels, h);
            lowB += Avx512BW.MultiplyAddAdjacent(pixels, l);
            a += 2 * upper;
            b += 2 * upper;
        }

        return (Fold((highA << TapGroups.LowBits) + lowA), Fold((highB << TapGroups.LowBits) + lowB));
    }

    static unsafe Vector512<short> Load512(byte* at, int upper, Vector512<byte> spread)
    {
        Vector256<byte> left = Vector256.Create(Vector128.Load(at));
        Vector256<byte> right = Vector256.Create(Vector128.Load(at + upper));
        return Avx512BW.Shuffle(Vector512.Create(left, right), spread).AsInt16();
    }

    // Weights of pixels 0 1 | 2 3 | 4 5 | 6 7: each pair four times over, one lane a pair.
    static unsafe Vector512<short> PairsToLanes(short* weights)
    {
        Vector512<int> pairs = Vector128.Load(weights).AsInt32().ToVector256().ToVector512Unsafe();
        return Avx512F.PermuteVar16x32(pairs, Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)).AsInt16();
    }

    static Vector128<int> Fold(Vector512<int> sum)
    {
        Vector256<int> half = sum.GetLower() + sum.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    // Four pixels a step, else the same.
    static unsafe (Vector128<int> A, Vector128<int> B) Sum256(byte* a, byte* b, short* high, short* low, int steps, int channels)
    {
        Vector256<byte> spread = (channels == 3 ? Spread3x512 : Spread4x512).GetLower();
        Vector256<int> highA = default, lowA = default, highB = default, lowB = default;
        for (int i = 0; i < steps; i++)
        {
            Vector256<short> h = PairsToLanes256(high + (4 * i));
            Vector256<short> l = PairsToLanes256(low + (4 * i));
            Vector256<short> pixels = Avx2.Shuffle(Vector256.Create(Vector128.Load(a)), spread).AsInt16();
            highA += Avx2.MultiplyAddAdjacent(pixels, h);
            lowA += Avx2.MultiplyAddAdjacent(pixels, l);
            pixels = Avx2.Shuffle(Vector256.Create(Vector128.Load(b)), spread).AsInt16();
            highB += Avx2.MultiplyAddAdjacent(pixels, h);
            lowB += Avx2.MultiplyAddAdjacent(pixels, l);
            a += 4 * channels;
            b += 4 * channels;
        }

        Vector256<int> sumA = (highA << TapGroups.LowBits) + lowA;
        Vector256<int> sumB = (highB << TapGroups.LowBits) + lowB;
        return (sumA.GetLower() + sumA.GetUpper(), sumB.GetLower() + sumB.GetUpper());
    }

    static unsafe Vector256<short> PairsToLanes256(short* weights)
    {
        int first = ((int*)weights)[0];
        int second = ((int*)weights)[1];
        return Vector256.Create(Vector128.Create(first), Vector128.Create(second)).AsInt16();
    }

    // 255 and above give zero, which widens bytes to 16 bits.
    static Vector512<byte> Spread3x512 { get; } = Vector512.Create(
        (byte)0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255,
        6, 255, 9, 255, 7, 255, 10, 255, 8, 255, 11, 255, 255, 255, 255, 255,
        0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255,
        6, 255, 9, 255, 7, 255, 10, 255, 8, 255, 11, 255, 255, 255, 255, 255);

    static Vector512<byte> Spread4x512 { get; } = Vector512.Create(
        (byte)0, 255, 4, 255, 1, 255, 5, 255, 2, 255, 6, 255, 3, 255, 7, 255,
        8, 255, 12, 255, 9, 255, 13, 255, 10, 255, 14, 255, 11, 255, 15, 255,
        0, 255, 4, 255, 1, 255, 5, 255, 2, 255, 6, 255, 3, 255, 7, 255,
        8, 255, 12, 255, 9, 255, 13, 255, 10, 255, 14, 255, 11, 255, 15, 255);

    void Portable(ReadOnlySpan<byte> row, Span<byte> target, int from, int to)
    {
        int channels = source.BytesPerPixel;
        int half = 1 << (columns.Precision - 1);
        for (int x = from; x < to; x++)
        {
            ReadOnlySpan<int> weights = columns.WeightsOf(x);
            ReadOnlySpan<byte> pixels = row[(columns.Starts[x] * channels)..];
            for (int c = 0; c < channels; c++)
            {
                int sum = half;
                for (int j = 0, at = c; j < weights.Length; j++, at += channels)
                {
                    sum += weights[j] * pixels[at];
                }

                target[(x * channels) + c] = (byte)Math.Clamp(sum >> columns.Precision, 0, 255);
            }
        }
    }
}
