using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Estimates the low-frequency coefficients that a progressive JPEG does not bring, or not in full, from the mean values
/// (DC) of a block and its 24 neighbours, as libjpeg-turbo does since version 2.1.
/// </summary>
unsafe sealed class BlockSmoothing
{
    /// <summary>Row-major positions of the first ten coefficients in coded order.</summary>
    static ReadOnlySpan<byte> Positions => [0, 1, 8, 16, 9, 2, 3, 10, 17, 24];

    // Weights of the 5×5 mean values, row by row, for each of the ten coefficients where no AC coefficient is known at all …
    static readonly int[][] MeansOnlyWeights = Padded(
    [
        [-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2],
        [-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1],
        [-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1],
        [0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0],
        [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1],
        [0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0],
    ]);

    // … and where some are: then only the first five AC coefficients are estimated.
    static readonly int[][] SomeKnownWeights = Padded(
    [
        [],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0],
        [0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0],
        [0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);

    readonly JpegFrame frame;
    readonly CoefficientStore store;
    readonly int lastGoodRow;

    BlockSmoothing(JpegFrame frame, CoefficientStore store, int lastGoodRow)
    {
        this.frame = frame;
        this.store = store;
        this.lastGoodRow = lastGoodRow;
    }

    /// <summary>Smoothing for a frame whose scans have been read, or null where it has nothing to do or lacks what it needs.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="store">Its coefficients.</param>
    /// <param name="lastGoodRow">The last MCU row that the last scan had data for; below it, what the scan before brought counts.</param>
    public static BlockSmoothing? TryCreate(JpegFrame frame, CoefficientStore store, int lastGoodRow)
    {
        bool useful = false;
        foreach (JpegComponent component in frame.Components)
        {
            if (component.Quantization is not { } steps || component.KnownBits[0] < 0)
            {
                return null;
            }

            for (int i = 0; i < Positions.Length; i++)
            {
                if (steps[Positions[i]] == 0)
                {
                    return null;
                }

                useful |= i > 0 && component.KnownBits[i] != 0;
            }
        }

        return useful ? new BlockSmoothing(frame, store, lastGoodRow) : null;
    }

    /// <summary>The estimated blocks of one row of blocks.</summary>
    /// <param name="component">The component.</param>
    /// <param name="mcuRow">The MCU row.</param>
    /// <param name="row">The row of blocks within it.</param>
    /// <param name="scans">How many scans the file has.</param>
    /// <param name="blocks">Room for the means and for the result, which is <see cref="AlignedBlocks.Row"/>: [blocks, 64], as many as hold picture.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SmoothRow(JpegComponent component, int mcuRow, int row, int scans, AlignedBlocks blocks)
    {
        short* output = blocks.Row;
        int* means = blocks.Means;
        int stride = blocks.MeansStride;
        int blockRows = component.V;
        if (mcuRow == frame.McuRows - 1 && component.HeightInBlocks % component.V != 0)
        {
            blockRows = component.HeightInBlocks % component.V;
        }

        // libjpeg counts the rows of the whole picture by the height of the MCU row at hand, also in a shorter last one.
        int imageRow = (mcuRow * blockRows) + row;
        int imageRows = blockRows * frame.McuRows;
        int y = (mcuRow * component.V) + row;
        int above = imageRow > 0 ? y - 1 : y;
        int above2 = imageRow > 1 ? y - 2 : above;
        int below = imageRow < imageRows - 1 ? y + 1 : y;
        int below2 = imageRow < imageRows - 2 ? y + 2 : below;
        short** rows = stackalloc short*[5];
        rows[0] = store.Row(component.Index, above2);
        rows[1] = store.Row(component.Index, above);
        rows[2] = store.Row(component.Index, y);
        rows[3] = store.Row(component.Index, below);
        rows[4] = store.Row(component.Index, below2);

        ReadOnlySpan<int> known = mcuRow > lastGoodRow
            ? scans > 1 ? component.PreviousKnownBits : Unknown
            : component.KnownBits;
        bool meansOnly = known.Slice(1, 9).IndexOfAnyExcept(-1) < 0;
        int width = component.WidthInBlocks;
        for (int i = 0; i < 5; i++)
        {
            CopyMeans(rows[i], width, means + (i * stride));
        }

        new ReadOnlySpan<short>(rows[2], width * 64).CopyTo(new Span<short>(output, width * 64));
        for (int x = 0; x < width; x++, output += 64)
        {
            // Where all means agree, every estimate is zero and the mean stays.
            if (!IsFlat(means + x, stride))
            {
                Estimate(component.Quantization!, known, meansOnly, means + x, stride, output);
            }
        }
    }

    static readonly int[] Unknown = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1];

    /// <summary>The means of a row of blocks, the outermost twice more on either side.</summary>
    static void CopyMeans(short* row, int width, int* to)
    {
        for (int x = 0; x < width; x++)
        {
            to[x + 2] = row[(nint)x * 64];
        }

        to[0] = to[1] = to[2];
        to[width + 2] = to[width + 3] = to[width + 1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsFlat(int* at, int stride)
    {
        Vector256<int> own = Vector256.Create(at[(2 * stride) + 2]);
        Vector256<int> differing = (Vector256.Load(at) ^ own)
            | (Vector256.Load(at + stride) ^ own)
            | (Vector256.Load(at + (2 * stride)) ^ own)
            | (Vector256.Load(at + (3 * stride)) ^ own)
            | (Vector256.Load(at + (4 * stride)) ^ own);
        return (differing & Vector256.Create(-1, -1, -1, -1, -1, 0, 0, 0)) == Vector256<int>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Estimate(ushort[] steps, ReadOnlySpan<int> known, bool meansOnly, int* at, int stride, short* block)
    {
        int[][] weights = meansOnly ? MeansOnlyWeights : SomeKnownWeights;
        for (int i = 1; i < weights.Length; i++)
        {
            int position = Positions[i];
            if (known[i] != 0 && block[position] == 0)
            {
                block[position] = (short)Predict(Sum(weights[i], at, stride), steps[0], steps[position], known[i]);
            }
        }

        if (meansOnly)
        {
            block[0] = (short)Predict(Sum(weights[0], at, stride), steps[0], steps[0], 0);
        }
    }

    /// <summary>The weighted sum of the 25 means around a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Sum(int[] weights, int* at, int stride)
    {
        ref int w = ref MemoryMarshal.GetArrayDataReference(weights);
        return Vector256.Sum(
            (Vector256.Load(at) * Vector256.LoadUnsafe(ref w))
            + (Vector256.Load(at + stride) * Vector256.LoadUnsafe(ref w, 8))
            + (Vector256.Load(at + (2 * stride)) * Vector256.LoadUnsafe(ref w, 16))
            + (Vector256.Load(at + (3 * stride)) * Vector256.LoadUnsafe(ref w, 24))
            + (Vector256.Load(at + (4 * stride)) * Vector256.LoadUnsafe(ref w, 32)));
    }

    /// <summary>Five weights a row, each row filled up to a vector.</summary>
    static int[][] Padded(int[][] weights) =>
        [.. weights.Select(w => Enumerable.Range(0, w.Length == 0 ? 0 : 40).Select(i => i % 8 < 5 ? w[(i / 8 * 5) + (i % 8)] : 0).ToArray())];

    /// <summary>A weighted sum, over 256, from steps of the mean to steps of the coefficient; no larger than its unknown bits allow.</summary>
    static int Predict(int sum, long meanStep, long step, int unknownBits)
    {
        long scaled = meanStep * sum;
        int prediction = (int)(((step << 7) + Math.Abs(scaled)) / (step << 8));
        if (unknownBits > 0 && prediction >= 1 << unknownBits)
        {
            prediction = (1 << unknownBits) - 1;
        }

        return scaled >= 0 ? prediction : -prediction;
    }
}
