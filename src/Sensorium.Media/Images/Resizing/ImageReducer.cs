namespace Sensorium.Media.Images.Resizing;

/// <summary>Pillow's <c>Image.reduce</c>: the mean of whole blocks, by which <c>reducing_gap</c> shrinks pictures first.</summary>
static class ImageReducer
{
    /// <summary>Reduces as far as the gap allows, and says where the box lies in the result.</summary>
    public static (Image Image, ImageBox Box) Reduce(Image image, int width, int height, Resample resample, ImageBox box, double gap)
    {
        int factorX = Math.Max(1, (int)((box.Right - box.Left) / (double)width / gap));
        int factorY = Math.Max(1, (int)((box.Bottom - box.Top) / (double)height / gap));
        if (factorX == 1 && factorY == 1)
        {
            return (image, box);
        }

        // Only what the filter's support can reach from the box.
        double reach = ResampleFilters.Support(resample) - 0.5;
        double reachX = reach * (box.Right - box.Left) / width;
        double reachY = reach * (box.Bottom - box.Top) / height;
        int left = Math.Max(0, (int)(box.Left - reachX));
        int top = Math.Max(0, (int)(box.Top - reachY));
        int right = Math.Min(image.Width, (int)Math.Ceiling(box.Right + reachX));
        int bottom = Math.Min(image.Height, (int)Math.Ceiling(box.Bottom + reachY));
        var scaled = new ImageBox(
            (float)((box.Left - (double)left) / factorX),
            (float)((box.Top - (double)top) / factorY),
            (float)((box.Right - (double)left) / factorX),
            (float)((box.Bottom - (double)top) / factorY));
        return (Reduce(image, factorX, factorY, left, top, right - left, bottom - top), scaled);
    }

    static Image Reduce(Image image, int factorX, int factorY, int left, int top, int width, int height)
    {
        var result = new Image(((width - 1) / factorX) + 1, ((height - 1) / factorY) + 1, image.Mode, image.Name) { Orientation = image.Orientation };
        int bytes = image.BytesPerPixel;
        RowBands.Run(result.Height, (long)width * factorY * bytes, (from, to) =>
        {
            var sums = new uint[result.Stride];
            for (int y = from; y < to; y++)
            {
                Array.Clear(sums);
                int first = top + (y * factorY);
                int rows = Math.Min(factorY, top + height - first);
                for (int row = first; row < first + rows; row++)
                {
                    AddRow(image.Row(row).Slice(left * bytes, width * bytes), sums, factorX, bytes);
                }

                Divide(sums, result.Row(y), factorX, rows, width, bytes);
            }
        });
        return result;
    }

    static void AddRow(ReadOnlySpan<byte> source, uint[] sums, int factor, int bytes)
    {
        int column = 0;
        for (int i = 0; i < source.Length; column++)
        {
            int end = Math.Min(source.Length, i + (factor * bytes));
            for (; i < end; i += bytes)
            {
                for (int c = 0; c < bytes; c++)
                {
                    sums[(column * bytes) + c] += source[i + c];
                }
            }
        }
    }

    static void Divide(uint[] sums, Span<byte> target, int factorX, int rows, int width, int bytes)
    {
        int last = width % factorX == 0 ? factorX : width % factorX;
        for (int i = 0; i < target.Length; i++)
        {
            uint count = (uint)(rows * (i >= target.Length - bytes ? last : factorX));

            // Pillow multiplies by a rounded-down reciprocal of 32 bits instead of dividing.
            uint reciprocal = (uint)((float)(1L << 32) / (count << 8));
            target[i] = (byte)(((sums[i] + (count / 2)) * reciprocal) >> 24);
        }
    }
}
