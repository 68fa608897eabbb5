namespace Sensorium.Media.Images.Resizing;

/// <summary>Resizing by picking pixels.</summary>
static class NearestResizer
{
    /// <summary>Pillow's: the position is added up in float64, and what rounds out of the picture stays black.</summary>
    public static Image Pillow(Image image, int width, int height, ImageBox box)
    {
        int[] columns = Accumulate(image.Width, width, box.Left, box.Right);
        int[] rows = Accumulate(image.Height, height, box.Top, box.Bottom);
        return Pick(image, columns, rows);
    }

    /// <summary>torch's nearest-exact: the pixel's centre, in float32.</summary>
    public static Image Torchvision(Image image, int width, int height) =>
        Pick(image, Centers(image.Width, width), Centers(image.Height, height));

    static int[] Accumulate(int inSize, int outSize, float from, float to)
    {
        var picks = new int[outSize];
        double step = (double)(to - from) / outSize;
        double at = from + (step * 0.5);
        for (int i = 0; i < outSize; i++, at += step)
        {
            int pick = at < 0 ? -1 : (int)at;
            picks[i] = pick < inSize ? pick : -1;
        }

        return picks;
    }

    static int[] Centers(int inSize, int outSize)
    {
        var picks = new int[outSize];
        float scale = (float)inSize / outSize;
        for (int i = 0; i < outSize; i++)
        {
            picks[i] = Math.Min((int)MathF.Floor((i + 0.5f) * scale), inSize - 1);
        }

        return picks;
    }

    static Image Pick(Image image, int[] columns, int[] rows)
    {
        var result = new Image(columns.Length, rows.Length, image.Mode, image.Name)
        {
            Orientation = image.Orientation,
            Palette = image.Palette,
            TransparentColor = image.TransparentColor,
        };
        int bytes = image.BytesPerPixel;
        for (int y = 0; y < rows.Length; y++)
        {
            Span<byte> target = result.Row(y);
            if (rows[y] < 0)
            {
                target.Clear();
                continue;
            }

            ReadOnlySpan<byte> source = image.Row(rows[y]);
            for (int x = 0; x < columns.Length; x++)
            {
                Span<byte> pixel = target.Slice(x * bytes, bytes);
                if (columns[x] < 0)
                {
                    pixel.Clear();
                }
                else
                {
                    source.Slice(columns[x] * bytes, bytes).CopyTo(pixel);
                }
            }
        }

        return result;
    }
}
