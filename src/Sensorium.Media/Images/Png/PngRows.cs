namespace Sensorium.Media.Images.Png;

/// <summary>Turns a row of PNG samples into a row of an <see cref="Image"/>.</summary>
static class PngRows
{
    /// <summary>Writes a row of pixels in the header's <see cref="PngHeader.Mode"/>.</summary>
    /// <param name="header">What the samples are.</param>
    /// <param name="samples">The row's samples, as the file packs them.</param>
    /// <param name="pixels">[width, bytes a pixel], written.</param>
    /// <param name="width">Pixels in the row.</param>
    public static void Expand(in PngHeader header, ReadOnlySpan<byte> samples, Span<byte> pixels, int width)
    {
        switch (header.BitDepth)
        {
            case 8:
                samples[..pixels.Length].CopyTo(pixels);
                break;
            case 16:
                Expand16(header.ColorType, samples, pixels, width);
                break;
            default:
                // Palette indices stay as they are; grey levels are spread over 0..255.
                int scale = header.ColorType == PngColorType.Palette ? 1 : 255 / ((1 << header.BitDepth) - 1);
                Unpack(samples, pixels, width, header.BitDepth, scale);
                break;
        }
    }

    static void Unpack(ReadOnlySpan<byte> samples, Span<byte> pixels, int width, int depth, int scale)
    {
        int mask = (1 << depth) - 1;
        for (int x = 0; x < width; x++)
        {
            int bit = x * depth;
            pixels[x] = (byte)(((samples[bit >> 3] >> (8 - depth - (bit & 7))) & mask) * scale);
        }
    }

    static void Expand16(PngColorType type, ReadOnlySpan<byte> samples, Span<byte> pixels, int width)
    {
        switch (type)
        {
            case PngColorType.Grey:
                for (int i = 0; i < width; i++)
                {
                    pixels[2 * i] = samples[(2 * i) + 1];
                    pixels[(2 * i) + 1] = samples[2 * i];
                }

                break;
            case PngColorType.GreyAlpha:
                for (int i = 0; i < width; i++)
                {
                    byte grey = samples[4 * i];
                    pixels[4 * i] = grey;
                    pixels[(4 * i) + 1] = grey;
                    pixels[(4 * i) + 2] = grey;
                    pixels[(4 * i) + 3] = samples[(4 * i) + 2];
                }

                break;
            default:
                for (int i = 0; i < pixels.Length; i++)
                {
                    pixels[i] = samples[2 * i];
                }

                break;
        }
    }
}
