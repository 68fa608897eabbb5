namespace Sensorium.Media.Images.Resizing;

/// <summary>Resamples rows along x: result row r is made from source row <c>firstRow</c> + r.</summary>
sealed class HorizontalPass(Image source, Image result, ResampleAxis columns, int firstRow, ResizeTier tier)
{
    public void Run(int from, int to)
    {
        for (int y = from; y < to; y++)
        {
            Portable(source.Row(firstRow + y), result.Row(y), source.BytesPerPixel, columns);
        }
    }

    internal ResizeTier Tier => tier;

    internal static void Portable(ReadOnlySpan<byte> row, Span<byte> target, int channels, ResampleAxis columns)
    {
        int half = 1 << (columns.Precision - 1);
        for (int x = 0; x < columns.Size; x++)
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
