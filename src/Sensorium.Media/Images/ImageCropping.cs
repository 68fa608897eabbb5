namespace Sensorium.Media.Images;

/// <summary>Where the odd pixel goes when a crop is centred.</summary>
public enum CenterCropRule
{
    /// <summary>transformers on Pillow pictures: the crop starts at (size - crop) / 2 rounded down, and a smaller picture has the odd margin before it.</summary>
    Transformers,

    /// <summary>transformers on torch: the crop starts at (size - crop) / 2 rounded down, and a smaller picture has the odd margin behind it.</summary>
    TransformersTorch,

    /// <summary>torchvision's <c>CenterCrop</c>, as timm uses it: the start is rounded to the nearest, halves to even.</summary>
    Torchvision,
}

/// <summary>Cutting out and padding.</summary>
public static class ImageCropping
{
    /// <summary>Cuts a rectangle from the picture's middle; where the picture is smaller, it stands in the middle of black.</summary>
    /// <param name="image">A picture of any mode.</param>
    /// <param name="width">The new width in pixels.</param>
    /// <param name="height">The new height in pixels.</param>
    /// <param name="rule">Where the odd pixel goes.</param>
    public static Image CenterCrop(this Image image, int width, int height, CenterCropRule rule = CenterCropRule.Transformers)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Window(Start(image.Width, width, rule), Start(image.Height, height, rule), width, height);
    }

    /// <summary>Adds zeros at the right and below.</summary>
    /// <param name="image">A picture of any mode.</param>
    /// <param name="width">The new width in pixels, at least the old one.</param>
    /// <param name="height">The new height in pixels, at least the old one.</param>
    public static Image Pad(this Image image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, image.Width);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, image.Height);
        return image.Window(0, 0, width, height);
    }

    /// <summary>A rectangle of the picture, zeros where it reaches beyond.</summary>
    /// <param name="image">A picture of any mode; returned itself where the rectangle is all of it.</param>
    /// <param name="left">Left edge in pixels, may be negative.</param>
    /// <param name="top">Top edge in pixels, may be negative.</param>
    /// <param name="width">The new width in pixels, at least 1.</param>
    /// <param name="height">The new height in pixels, at least 1.</param>
    public static Image Window(this Image image, int left, int top, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (left == 0 && top == 0 && width == image.Width && height == image.Height)
        {
            return image;
        }

        var result = new Image(width, height, image.Mode, image.Name)
        {
            Orientation = image.Orientation,
            Palette = image.Palette,
            TransparentColor = image.TransparentColor,
        };
        int bytes = image.BytesPerPixel;
        int from = Math.Max(left, 0);
        int count = (int)Math.Max(Math.Min((long)left + width, image.Width) - from, 0);
        for (int y = 0; y < height; y++)
        {
            Span<byte> target = result.Row(y);
            if ((uint)(top + y) >= (uint)image.Height || count < width)
            {
                target.Clear();
            }

            if ((uint)(top + y) < (uint)image.Height && count > 0)
            {
                image.Row(top + y).Slice(from * bytes, count * bytes).CopyTo(target[((from - left) * bytes)..]);
            }
        }

        return result;
    }

    static int Start(int size, int crop, CenterCropRule rule)
    {
        if (size < crop)
        {
            int margin = crop - size;
            return rule == CenterCropRule.Transformers ? -((margin + 1) / 2) : -(margin / 2);
        }

        return rule == CenterCropRule.Torchvision ? (int)Math.Round((size - crop) / 2.0) : (size - crop) / 2;
    }
}
