namespace Sensorium.Media.Images.Resizing;

/// <summary>Resamples columns along y; source row 0 is row <c>firstRow</c> of the picture that the axis speaks of.</summary>
sealed class VerticalPass(Image source, Image result, ResampleAxis rows, int firstRow, ResizeTier tier)
{
    public void Run(int from, int to)
    {
        var sums = new int[source.Stride];
        for (int y = from; y < to; y++)
        {
            Portable(y, result.Row(y), sums);
        }
    }

    internal ResizeTier Tier => tier;

    void Portable(int y, Span<byte> target, int[] sums)
    {
        Array.Fill(sums, 1 << (rows.Precision - 1));
        ReadOnlySpan<int> weights = rows.WeightsOf(y);
        for (int j = 0; j < weights.Length; j++)
        {
            ReadOnlySpan<byte> row = source.Row(rows.Starts[y] - firstRow + j);
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
