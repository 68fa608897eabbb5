using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images;

/// <summary>Turns pictures as their EXIF orientation says (Pillow's <c>ImageOps.exif_transpose</c>).</summary>
public static class ImageOrientation
{
    // A tile's rows and columns both stay in the first-level cache while it is turned.
    const int Tile = 32;

    /// <summary>
    /// The picture as a person sees it: 2 mirrors left and right, 3 turns by 180 degrees, 4 mirrors top and bottom,
    /// 5 transposes, 6 turns 90 degrees clockwise, 7 transposes across the other diagonal, 8 turns 90 degrees
    /// counter-clockwise.
    /// </summary>
    /// <param name="image">A picture of any mode; returned itself where its orientation is 1.</param>
    public static Image Upright(this Image image)
    {
        int orientation = image.Orientation;
        if (orientation == 1)
        {
            return image;
        }

        bool turned = orientation >= 5;
        var result = new Image(turned ? image.Height : image.Width, turned ? image.Width : image.Height, image.Mode, image.Name)
        {
            Palette = image.Palette,
            TransparentColor = image.TransparentColor,
        };
        bool flipX = orientation is 2 or 3 or 7 or 8;
        bool flipY = orientation is 3 or 4 or 6 or 7;
        switch (image.BytesPerPixel)
        {
            case 1:
                Turn<byte>(image, result, turned, flipX, flipY);
                break;
            case 2:
                Turn<ushort>(image, result, turned, flipX, flipY);
                break;
            case 3:
                Turn<Rgb>(image, result, turned, flipX, flipY);
                break;
            default:
                Turn<uint>(image, result, turned, flipX, flipY);
                break;
        }

        return result;
    }

    // Target (x, y) is source column (turned ? y : x), mirrored if flipX, and source row (turned ? x : y), mirrored if flipY.
    static void Turn<T>(Image image, Image result, bool turned, bool flipX, bool flipY)
        where T : unmanaged
    {
        ReadOnlySpan<T> source = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(image.Pixels);
        Span<T> target = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(result.Memory.Span);
        (int width, int height) = (result.Width, result.Height);
        int stepColumn = flipX ? -1 : 1;
        int stepRow = flipY ? -image.Width : image.Width;
        int first = (flipX ? image.Width - 1 : 0) + (flipY ? (image.Height - 1) * image.Width : 0);
        (int stepX, int stepY) = turned ? (stepRow, stepColumn) : (stepColumn, stepRow);
        for (int top = 0; top < height; top += Tile)
        {
            for (int left = 0; left < width; left += Tile)
            {
                int right = Math.Min(left + Tile, width);
                int bottom = Math.Min(top + Tile, height);
                for (int y = top; y < bottom; y++)
                {
                    int at = first + (y * stepY) + (left * stepX);
                    Span<T> row = target.Slice((y * width) + left, right - left);
                    for (int x = 0; x < row.Length; x++, at += stepX)
                    {
                        row[x] = source[at];
                    }
                }
            }
        }
    }

    [InlineArray(3)]
    struct Rgb
    {
        byte first;
    }
}
