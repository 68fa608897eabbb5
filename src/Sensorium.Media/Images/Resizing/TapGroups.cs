namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// An axis's weights, cut in a high and a low part of 16 bits and padded with zeros to whole steps of a vector kernel, so
/// placed that a step reads no pixel behind the row's end.
/// </summary>
sealed class TapGroups
{
    /// <summary>A weight is high * 2^LowBits + low, with low from 0 to 2^LowBits - 1.</summary>
    public const int LowBits = 11;

    // A step loads 16 bytes for the 12 that it needs of three-channel pixels.
    const int ReadAhead = 2;

    public TapGroups(ResampleAxis axis, int inSize, int step)
    {
        int size = axis.Size;
        (Starts, Counts, Offsets) = (new int[size], new int[size], new int[size]);
        int total = 0;
        for (int i = 0; i < size; i++)
        {
            (Starts[i], Counts[i]) = Place(axis.Starts[i], axis.Counts[i], inSize, step);
            Offsets[i] = total;
            total += Counts[i] * step;
        }

        (High, Low) = (new short[total], new short[total]);
        for (int i = 0; i < size; i++)
        {
            if (Counts[i] > 0)
            {
                ReadOnlySpan<int> weights = axis.WeightsOf(i);
                int shift = Offsets[i] + axis.Starts[i] - Starts[i];
                for (int j = 0; j < weights.Length; j++)
                {
                    High[shift + j] = (short)(weights[j] >> LowBits);
                    Low[shift + j] = (short)(weights[j] & ((1 << LowBits) - 1));
                }
            }
        }
    }

    /// <summary>First input pixel that each output pixel's steps read.</summary>
    public int[] Starts { get; }

    /// <summary>Steps of each output pixel; 0 where none can be placed inside the row.</summary>
    public int[] Counts { get; }

    /// <summary>Where each output pixel's weights start in <see cref="High"/> and <see cref="Low"/>.</summary>
    public int[] Offsets { get; }

    public short[] High { get; }

    public short[] Low { get; }

    static (int Start, int Count) Place(int start, int taps, int inSize, int step)
    {
        for (int count = (taps + step - 1) / step; ; count++)
        {
            int latest = inSize - ReadAhead - (count * step);
            if (latest < 0)
            {
                return (0, 0);
            }

            int placed = Math.Min(start, latest);
            if (placed + (count * step) >= start + taps)
            {
                return (placed, count);
            }
        }
    }
}
