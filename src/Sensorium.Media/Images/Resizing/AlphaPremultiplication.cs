namespace Sensorium.Media.Images.Resizing;

/// <summary>Pillow's conversions to and from premultiplied alpha (RGBa and La), between which LA and RGBA pictures are resized.</summary>
static class AlphaPremultiplication
{
    public static Image Multiply(Image image) => Map(image, static (value, alpha) => (byte)ImageConversion.MultiplyDivide255(value, alpha));

    public static Image Divide(Image image) => Map(image, static (value, alpha) =>
        alpha is 0 or 255 ? value : (byte)Math.Min(255, 255 * value / alpha));

    static Image Map(Image image, Func<byte, byte, byte> map)
    {
        // All 65536 answers once, so that a pixel costs a look-up.
        var table = new byte[65536];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = map((byte)i, (byte)(i >> 8));
        }

        var result = new Image(image.Width, image.Height, image.Mode, image.Name) { Orientation = image.Orientation };
        int bytes = image.BytesPerPixel;
        ReadOnlySpan<byte> source = image.Pixels;
        Span<byte> target = result.Memory.Span;
        for (int i = 0; i < source.Length; i += bytes)
        {
            int alpha = source[i + bytes - 1];
            for (int c = 0; c < bytes - 1; c++)
            {
                target[i + c] = table[(alpha << 8) | source[i + c]];
            }

            target[i + bytes - 1] = (byte)alpha;
        }

        return result;
    }
}
