using System.Runtime.InteropServices;

namespace Sensorium.Media.Images;

/// <summary>Conversions between modes, to the values of Pillow's <c>Image.convert</c>. Size, name and orientation stay.</summary>
public static class ImageConversion
{
    /// <summary>
    /// To RGB as <c>convert("RGB")</c> does: alpha is dropped and the colours under it stay, palette pictures take the
    /// palette's colour, 16-bit grey is clamped at 255, CMYK is converted without a colour profile.
    /// </summary>
    /// <param name="image">A picture of any mode; returned itself where it is RGB.</param>
    public static Image ToRgb(this Image image)
    {
        if (image.Mode == ImageMode.RGB)
        {
            return image;
        }

        Image result = image.SameShape(ImageMode.RGB);
        for (int y = 0; y < image.Height; y++)
        {
            RgbRow(image, image.Row(y), result.Row(y));
        }

        return result;
    }

    /// <summary>To RGBA as <c>convert("RGBA")</c> does; a transparent colour or palette entry becomes alpha.</summary>
    /// <param name="image">A picture of any mode; returned itself where it is RGBA.</param>
    public static Image ToRgba(this Image image)
    {
        if (image.Mode == ImageMode.RGBA)
        {
            return image;
        }

        Image result = image.SameShape(ImageMode.RGBA);
        var line = new byte[image.Width * 3];
        for (int y = 0; y < image.Height; y++)
        {
            RgbaRow(image, image.Row(y), result.Row(y), line);
        }

        return result;
    }

    /// <summary>To grey as <c>convert("L")</c> does: (19595 R + 38470 G + 7471 B + 32768) >> 16.</summary>
    /// <param name="image">A picture of any mode; returned itself where it is L.</param>
    public static Image ToGrey(this Image image)
    {
        if (image.Mode == ImageMode.L)
        {
            return image;
        }

        Image result = image.SameShape(ImageMode.L);
        var line = new byte[image.Width * 3];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> source = image.Row(y);
            Span<byte> target = result.Row(y);
            if (image.Mode == ImageMode.One)
            {
                source.CopyTo(target);
                continue;
            }

            // Grey weighs to itself: the three weights sum to 65536.
            RgbRow(image, source, line);
            for (int x = 0; x < target.Length; x++)
            {
                target[x] = (byte)(((19595 * line[3 * x]) + (38470 * line[(3 * x) + 1]) + (7471 * line[(3 * x) + 2]) + 32768) >> 16);
            }
        }

        return result;
    }

    /// <summary>
    /// To RGB as transformers' <c>convert_to_rgb</c> does with an opened picture: laid over white where the picture has
    /// alpha or a transparent colour (Pillow's <c>alpha_composite</c>), else as <see cref="ToRgb"/>.
    /// </summary>
    /// <param name="image">A picture of any mode.</param>
    public static Image ToRgbOverWhite(this Image image)
    {
        if (!image.HasTransparency())
        {
            return image.ToRgb();
        }

        Image result = image.SameShape(ImageMode.RGB);
        var line = new byte[image.Width * 3];
        var rgba = new byte[image.Width * 4];
        for (int y = 0; y < image.Height; y++)
        {
            RgbaRow(image, image.Row(y), rgba, line);
            Span<byte> target = result.Row(y);
            for (int x = 0; x < image.Width; x++)
            {
                int alpha = rgba[(4 * x) + 3];
                for (int c = 0; c < 3; c++)
                {
                    target[(3 * x) + c] = OverWhite(rgba[(4 * x) + c], alpha);
                }
            }
        }

        return result;
    }

    /// <summary>Whether the picture has an alpha channel, a transparent colour, or transparent palette entries.</summary>
    /// <param name="image">The picture.</param>
    public static bool HasTransparency(this Image image)
    {
        if (image.Mode is ImageMode.LA or ImageMode.RGBA || image.TransparentColor is not null)
        {
            return true;
        }

        ReadOnlySpan<byte> palette = image.Palette.Span;
        for (int i = 3; i < palette.Length; i += 4)
        {
            if (palette[i] != 255)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>(a b / 255) rounded, as Pillow rounds it.</summary>
    internal static int MultiplyDivide255(int a, int b)
    {
        int t = (a * b) + 128;
        return ((t >> 8) + t) >> 8;
    }

    static Image SameShape(this Image image, ImageMode mode) =>
        new(image.Width, image.Height, mode, image.Name) { Orientation = image.Orientation };

    // alpha_composite over an opaque background keeps 7 more bits until the division by 255.
    static byte OverWhite(int value, int alpha)
    {
        int t = (value * alpha * 128) + (255 * (255 - alpha) * 128) + (0x80 << 7);
        return (byte)((((t >> 8) + t) >> 8) >> 7);
    }

    static void RgbRow(Image image, ReadOnlySpan<byte> source, Span<byte> target)
    {
        int width = image.Width;
        switch (image.Mode)
        {
            case ImageMode.One or ImageMode.L:
                for (int x = 0; x < width; x++)
                {
                    target.Slice(3 * x, 3).Fill(source[x]);
                }

                break;
            case ImageMode.LA:
                for (int x = 0; x < width; x++)
                {
                    target.Slice(3 * x, 3).Fill(source[2 * x]);
                }

                break;
            case ImageMode.I16:
                for (int x = 0; x < width; x++)
                {
                    target.Slice(3 * x, 3).Fill(source[(2 * x) + 1] == 0 ? source[2 * x] : (byte)255);
                }

                break;
            case ImageMode.P:
                ReadOnlySpan<byte> palette = image.Palette.Span;
                for (int x = 0; x < width; x++)
                {
                    palette.Slice(4 * source[x], 3).CopyTo(target[(3 * x)..]);
                }

                break;
            case ImageMode.RGB:
                source.CopyTo(target);
                break;
            case ImageMode.RGBA:
                for (int x = 0; x < width; x++)
                {
                    target[3 * x] = source[4 * x];
                    target[(3 * x) + 1] = source[(4 * x) + 1];
                    target[(3 * x) + 2] = source[(4 * x) + 2];
                }

                break;
            default:
                for (int x = 0; x < width; x++)
                {
                    int light = 255 - source[(4 * x) + 3];
                    for (int c = 0; c < 3; c++)
                    {
                        target[(3 * x) + c] = (byte)(light - MultiplyDivide255(source[(4 * x) + c], light));
                    }
                }

                break;
        }
    }

    static void RgbaRow(Image image, ReadOnlySpan<byte> source, Span<byte> target, Span<byte> line)
    {
        switch (image.Mode)
        {
            case ImageMode.RGBA:
                source.CopyTo(target);
                return;
            case ImageMode.P:
                ReadOnlySpan<uint> palette = MemoryMarshal.Cast<byte, uint>(image.Palette.Span);
                Span<uint> pixels = MemoryMarshal.Cast<byte, uint>(target);
                for (int x = 0; x < source.Length; x++)
                {
                    pixels[x] = palette[source[x]];
                }

                return;
        }

        RgbRow(image, source, line);

        // Pillow compares with the low byte of what the file states, whatever its depth.
        int transparent = image.TransparentColor is { } color ? ((color.Red & 255) << 16) | ((color.Green & 255) << 8) | (color.Blue & 255) : -1;
        bool ownAlpha = image.Mode == ImageMode.LA;
        for (int x = 0; x < image.Width; x++)
        {
            (byte r, byte g, byte b) = (line[3 * x], line[(3 * x) + 1], line[(3 * x) + 2]);
            target[4 * x] = r;
            target[(4 * x) + 1] = g;
            target[(4 * x) + 2] = b;
            target[(4 * x) + 3] = ownAlpha ? source[(2 * x) + 1]
                : ((r << 16) | (g << 8) | b) == transparent ? (byte)0 : (byte)255;
        }
    }
}
