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
    static readonly sbyte[][] FromMeansOnly =
    [
        [-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 0, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2],
        [-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1],
        [-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1],
        [0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0],
        [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1],
        [0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0],
    ];

    // … and where some are: then only the first five AC coefficients are estimated.
    static readonly sbyte[][] WithSomeKnown =
    [
        [],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0],
        [0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0],
        [0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    /// <summary>The weight of the block's own mean in its new mean; over 127, so not in the table.</summary>
    const int OwnWeight = 152;

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
    /// <param name="output">[blocks, 64], as many as hold picture.</param>
    public void SmoothRow(JpegComponent component, int mcuRow, int row, int scans, short* output)
    {
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
        int last = component.WidthInBlocks - 1;
        int* means = stackalloc int[25];
        for (int x = 0; x <= last; x++, output += 64)
        {
            new ReadOnlySpan<short>(rows[2] + ((nint)x * 64), 64).CopyTo(new Span<short>(output, 64));
            for (int i = 0; i < 5; i++)
            {
                for (int j = 0; j < 5; j++)
                {
                    means[(i * 5) + j] = rows[i][(nint)Math.Clamp(x + j - 2, 0, last) * 64];
                }
            }

            Estimate(component.Quantization!, known, meansOnly, means, output);
        }
    }

    static readonly int[] Unknown = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1];

    static void Estimate(ushort[] steps, ReadOnlySpan<int> known, bool meansOnly, int* means, short* block)
    {
        sbyte[][] weights = meansOnly ? FromMeansOnly : WithSomeKnown;
        for (int i = 1; i < weights.Length; i++)
        {
            int position = Positions[i];
            if (known[i] != 0 && block[position] == 0)
            {
                block[position] = (short)Predict(Sum(weights[i], means), steps[0], steps[position], known[i]);
            }
        }

        if (meansOnly)
        {
            block[0] = (short)Predict(Sum(weights[0], means) + (OwnWeight * means[12]), steps[0], steps[0], 0);
        }
    }

    static int Sum(sbyte[] weights, int* means)
    {
        int sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i] * means[i];
        }

        return sum;
    }

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
