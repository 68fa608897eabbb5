using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Png;

/// <summary>The five row filters (PNG specification, clause 9), undone in place.</summary>
static class PngFilters
{
    public const int None = 0, Sub = 1, Up = 2, Average = 3, Paeth = 4;

    /// <summary>Turns a filtered row into samples.</summary>
    /// <param name="filter">The row's filter byte, 0 to 4.</param>
    /// <param name="row">The filtered bytes, replaced by the samples.</param>
    /// <param name="above">The samples of the row above, zeros for the first row; as long as <paramref name="row"/>.</param>
    /// <param name="stride">Bytes from a sample to the same one of the pixel before, at least 1.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int stride)
    {
        above = above[..row.Length];
        switch (filter)
        {
            case Sub:
                for (int i = stride; i < row.Length; i++)
                {
                    row[i] += row[i - stride];
                }

                break;
            case Up:
                AddRows(row, above);
                break;
            case Average:
                for (int i = 0; i < Math.Min(stride, row.Length); i++)
                {
                    row[i] += (byte)(above[i] >> 1);
                }

                for (int i = stride; i < row.Length; i++)
                {
                    row[i] += (byte)((row[i - stride] + above[i]) >> 1);
                }

                break;
            case Paeth:
                UndoPaeth(row, above, stride);
                break;
        }
    }

    /// <summary>Filters a row of samples.</summary>
    /// <param name="filter">The filter, 0 to 4.</param>
    /// <param name="row">The samples.</param>
    /// <param name="above">The samples of the row above, zeros for the first row.</param>
    /// <param name="target">Written, as long as <paramref name="row"/>.</param>
    /// <param name="stride">Bytes from a sample to the same one of the pixel before, at least 1.</param>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> target, int stride)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= stride ? row[i - stride] : 0;
            int upperLeft = i >= stride ? above[i - stride] : 0;
            int predicted = filter switch
            {
                Sub => left,
                Up => above[i],
                Average => (left + above[i]) >> 1,
                Paeth => PaethPredictor(left, above[i], upperLeft),
                _ => 0,
            };
            target[i] = (byte)(row[i] - predicted);
        }
    }

    static void AddRows(Span<byte> row, ReadOnlySpan<byte> above)
    {
        int i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    static void UndoPaeth(Span<byte> row, ReadOnlySpan<byte> above, int stride)
    {
        for (int i = 0; i < Math.Min(stride, row.Length); i++)
        {
            row[i] += above[i];
        }

        // A chain of dependent predictions a channel: run side by side, the channels hide each other's latency.
        if (stride == 3)
        {
            UndoPaeth3(row, above);
            return;
        }

        for (int i = stride; i < row.Length; i++)
        {
            row[i] += (byte)PaethPredictor(row[i - stride], above[i], above[i - stride]);
        }
    }

    static void UndoPaeth3(Span<byte> row, ReadOnlySpan<byte> above)
    {
        if (row.Length < 3)
        {
            return;
        }

        int a0 = row[0], a1 = row[1], a2 = row[2];
        int c0 = above[0], c1 = above[1], c2 = above[2];
        for (int i = 3; i + 2 < row.Length; i += 3)
        {
            int b0 = above[i], b1 = above[i + 1], b2 = above[i + 2];
            a0 = (byte)(row[i] + PaethPredictor(a0, b0, c0));
            a1 = (byte)(row[i + 1] + PaethPredictor(a1, b1, c1));
            a2 = (byte)(row[i + 2] + PaethPredictor(a2, b2, c2));
            row[i] = (byte)a0;
            row[i + 1] = (byte)a1;
            row[i + 2] = (byte)a2;
            c0 = b0;
            c1 = b1;
            c2 = b2;
        }
    }

    /// <summary>Left, above or upper left, whichever is nearest to left + above - upper left; ties in that order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PaethPredictor(int left, int above, int upperLeft)
    {
        int toLeft = Math.Abs(above - upperLeft);
        int toAbove = Math.Abs(left - upperLeft);
        int toUpperLeft = Math.Abs(left + above - (2 * upperLeft));
        int other = toAbove <= toUpperLeft ? above : upperLeft;
        return toLeft <= toAbove && toLeft <= toUpperLeft ? left : other;
    }
}
