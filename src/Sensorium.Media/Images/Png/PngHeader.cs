using System.Buffers.Binary;

namespace Sensorium.Media.Images.Png;

/// <summary>PNG's colour types (PNG specification, table 11.1).</summary>
enum PngColorType
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}

/// <summary>What the IHDR chunk says, checked.</summary>
readonly record struct PngHeader(int Width, int Height, int BitDepth, PngColorType ColorType, bool Interlaced)
{
    public const int Length = 13;

    /// <summary>Samples a pixel.</summary>
    public int Samples => ColorType switch
    {
        PngColorType.Grey or PngColorType.Palette => 1,
        PngColorType.GreyAlpha => 2,
        PngColorType.Rgb => 3,
        _ => 4,
    };

    /// <summary>The distance, in bytes, that filters look to the left.</summary>
    public int FilterStride => Math.Max(1, Samples * BitDepth / 8);

    /// <summary>
    /// The mode that Pillow opens the file in: 16-bit grey keeps its 16 bits, other 16-bit pictures keep the high byte of
    /// each sample, and grey with alpha of 16 bits becomes RGBA.
    /// </summary>
    public ImageMode Mode => (ColorType, BitDepth) switch
    {
        (PngColorType.Grey, 1) => ImageMode.One,
        (PngColorType.Grey, 16) => ImageMode.I16,
        (PngColorType.Grey, _) => ImageMode.L,
        (PngColorType.Palette, _) => ImageMode.P,
        (PngColorType.GreyAlpha, 8) => ImageMode.LA,
        (PngColorType.Rgb, _) => ImageMode.RGB,
        _ => ImageMode.RGBA,
    };

    /// <summary>Bytes of a row of that many pixels, without its filter byte.</summary>
    public long RowBytes(int width) => (((long)width * Samples * BitDepth) + 7) / 8;

    /// <summary>Bytes of all rows with their filter bytes, of all passes.</summary>
    public long RawBytes()
    {
        if (!Interlaced)
        {
            return Height * (RowBytes(Width) + 1);
        }

        long sum = 0;
        foreach (Adam7 pass in Adam7.Passes)
        {
            (int width, int height) = pass.Size(Width, Height);
            sum += width == 0 ? 0 : height * (RowBytes(width) + 1);
        }

        return sum;
    }

    public static PngHeader Parse(ReadOnlySpan<byte> data, string name)
    {
        if (data.Length != Length)
        {
            throw MediaException.Corrupt(name, $"the PNG header (IHDR) has {data.Length} bytes instead of {Length}");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        int depth = data[8];
        int color = data[9];
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw MediaException.Corrupt(name, $"the PNG header (IHDR) states a size of {width} x {height} pixels");
        }

        bool valid = color switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => throw MediaException.Corrupt(name, $"the PNG header (IHDR) states colour type {color}, which does not exist"),
        };
        if (!valid)
        {
            throw MediaException.Corrupt(name, $"the PNG header (IHDR) states {depth} bits a sample, which colour type {color} does not have");
        }

        if (data[10] != 0 || data[11] != 0)
        {
            throw MediaException.Corrupt(name, $"the PNG header (IHDR) states compression method {data[10]} and filter method {data[11]}; only 0 exists");
        }

        if (data[12] > 1)
        {
            throw MediaException.Corrupt(name, $"the PNG header (IHDR) states interlace method {data[12]}; only 0 and 1 exist");
        }

        return new PngHeader((int)width, (int)height, depth, (PngColorType)color, data[12] == 1);
    }
}

/// <summary>One of the seven passes of an interlaced PNG: which pixels it holds (PNG specification, 8.2).</summary>
readonly record struct Adam7(int X, int Y, int StepX, int StepY)
{
    public static readonly Adam7[] Passes =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>Columns and rows that the pass has in a picture of that size.</summary>
    public (int Width, int Height) Size(int width, int height) =>
        (Count(width, X, StepX), Count(height, Y, StepY));

    static int Count(int size, int first, int step) => size <= first ? 0 : (int)(((long)size - first + step - 1) / step);
}
