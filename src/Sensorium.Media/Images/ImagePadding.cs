namespace Sensorium.Media.Images;

/// <summary>Padding with a colour.</summary>
public static class ImagePadding
{
    /// <summary>The picture in the middle of a square of one colour, the odd pixel behind it (LLaVA's <c>expand2square</c>).</summary>
    /// <param name="image">An RGB picture; returned itself where it is square.</param>
    /// <param name="color">Red, green, blue.</param>
    /// <exception cref="MediaException">The square would be too large.</exception>
    public static Image PadToSquare(this Image image, (byte Red, byte Green, byte Blue) color)
    {
        const int mostSide = 1 << 14;
        ArgumentNullException.ThrowIfNull(image);
        if (image.Mode != ImageMode.RGB)
        {
            throw new ArgumentException($"a picture of mode {image.Mode}; RGB is padded", nameof(image));
        }

        if (image.Width == image.Height)
        {
            return image;
        }

        int side = Math.Max(image.Width, image.Height);
        if (side > mostSide)
        {
            throw MediaException.TooLarge(image.Name, $"a picture of {image.Width} x {image.Height} pixels would be padded to a square of {side}", $"Make it {mostSide} pixels at most a side");
        }

        var square = new Image(side, side, ImageMode.RGB, image.Name);
        Span<byte> plain = square.Row(0);
        for (int x = 0; x < side; x++)
        {
            plain[3 * x] = color.Red;
            plain[3 * x + 1] = color.Green;
            plain[3 * x + 2] = color.Blue;
        }

        int left = (side - image.Width) / 2;
        int top = (side - image.Height) / 2;
        for (int y = 1; y < side; y++)
        {
            plain.CopyTo(square.Row(y));
        }

        for (int y = 0; y < image.Height; y++)
        {
            image.Row(y).CopyTo(square.Row(top + y)[(3 * left)..]);
        }

        return square;
    }
}
