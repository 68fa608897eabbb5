namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// TensorFlow 1's bilinear resize (<c>tf.image.resize_bilinear</c>, align_corners false, no half pixel, no smoothing): the
/// source of pixel i is i * in / out, in float32.
/// </summary>
public static class TensorFlowResizer
{
    /// <summary>Resizes to floats and scales them: value * <paramref name="scale"/> + <paramref name="offset"/>.</summary>
    /// <param name="image">A picture of one byte a channel.</param>
    /// <param name="width">The new width in pixels.</param>
    /// <param name="height">The new height in pixels.</param>
    /// <param name="rows">Written: [height * width, channels].</param>
    /// <param name="scale">What values of 0..255 are multiplied by.</param>
    /// <param name="offset">What is then added.</param>
    public static void Bilinear(Image image, int width, int height, Span<float> rows, float scale = 1, float offset = 0)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        int channels = image.BytesPerPixel;
        if (rows.Length < (long)width * height * channels)
        {
            throw new ArgumentException($"{width} x {height} x {channels} values do not fit into {rows.Length}.", nameof(rows));
        }

        (int[] Lower, int[] Upper, float[] Share) columns = Positions(image.Width, width);
        (int[] Lower, int[] Upper, float[] Share) lines = Positions(image.Height, height);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> top = image.Row(lines.Lower[y]);
            ReadOnlySpan<byte> bottom = image.Row(lines.Upper[y]);
            float shareY = lines.Share[y];
            Span<float> target = rows.Slice(y * width * channels, width * channels);
            for (int x = 0; x < width; x++)
            {
                int left = columns.Lower[x] * channels;
                int right = columns.Upper[x] * channels;
                float shareX = columns.Share[x];
                for (int c = 0; c < channels; c++)
                {
                    float above = top[left + c] + ((top[right + c] - top[left + c]) * shareX);
                    float below = bottom[left + c] + ((bottom[right + c] - bottom[left + c]) * shareX);
                    target[(x * channels) + c] = ((above + ((below - above) * shareY)) * scale) + offset;
                }
            }
        }
    }

    static (int[] Lower, int[] Upper, float[] Share) Positions(int inSize, int outSize)
    {
        (int[] lower, int[] upper, float[] share) = (new int[outSize], new int[outSize], new float[outSize]);
        float scale = (float)inSize / outSize;
        for (int i = 0; i < outSize; i++)
        {
            float at = i * scale;
            lower[i] = Math.Min((int)at, inSize - 1);
            upper[i] = Math.Min(lower[i] + 1, inSize - 1);
            share[i] = at - lower[i];
        }

        return (lower, upper, share);
    }
}
