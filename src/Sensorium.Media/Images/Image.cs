namespace Sensorium.Media.Images;

/// <summary>A decoded picture: rows from the top, pixels from the left, channels of a pixel side by side, nothing between.</summary>
public sealed class Image
{
    readonly byte[] pixels;
    readonly int orientation = 1;

    /// <summary>A picture over an existing array, which it takes over.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="mode">What the bytes of a pixel are.</param>
    /// <param name="pixels">The bytes, [height, width, bytes a pixel].</param>
    /// <param name="name">Where the picture came from, for messages.</param>
    public Image(int width, int height, ImageMode mode, byte[] pixels, string name = "picture")
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.LongLength != (long)width * height * BytesPerPixelOf(mode))
        {
            throw new ArgumentException(
                $"{width} x {height} pixels of mode {mode} are {(long)width * height * BytesPerPixelOf(mode)} bytes, not {pixels.LongLength}.",
                nameof(pixels));
        }

        Width = width;
        Height = height;
        Mode = mode;
        this.pixels = pixels;
        Name = name;
    }

    /// <summary>A picture whose pixels are still to be written: their values are undefined.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="mode">What the bytes of a pixel are.</param>
    /// <param name="name">Where the picture came from, for messages.</param>
    public Image(int width, int height, ImageMode mode, string name = "picture")
        : this(width, height, mode, GC.AllocateUninitializedArray<byte>(checked(width * height * BytesPerPixelOf(mode))), name)
    {
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>What the bytes of a pixel are.</summary>
    public ImageMode Mode { get; }

    /// <summary>Where the picture came from, for messages.</summary>
    public string Name { get; }

    /// <summary>
    /// EXIF orientation as the file states it, 1 to 8; 1 where it states none or nonsense. The pixels are as stored:
    /// nothing has been turned.
    /// </summary>
    public int Orientation
    {
        get => orientation;
        init => orientation = value is >= 1 and <= 8 ? value : 1;
    }

    /// <summary>The palette of mode <see cref="ImageMode.P"/>: R, G, B, A for each index. Empty in other modes.</summary>
    public ReadOnlyMemory<byte> Palette { get; init; }

    /// <summary>
    /// The colour that a PNG declares fully transparent (tRNS), as the file states it: up to 65535 a sample for 16-bit
    /// files, and not spread to 255 for 2 and 4 bits. Null where it declares none; grey pictures have three equal values.
    /// </summary>
    public (int Red, int Green, int Blue)? TransparentColor { get; init; }

    /// <summary>Bytes a pixel takes in this picture's mode.</summary>
    public int BytesPerPixel => BytesPerPixelOf(Mode);

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride => Width * BytesPerPixel;

    /// <summary>All bytes, [height, width, bytes a pixel].</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>All bytes, to keep or to hand to another thread.</summary>
    public Memory<byte> Memory => pixels;

    /// <summary>The bytes of one row, to read or write.</summary>
    /// <param name="y">The row, 0 at the top.</param>
    public Span<byte> Row(int y) => pixels.AsSpan(y * Stride, Stride);

    /// <summary>Bytes a pixel takes in a mode.</summary>
    /// <param name="mode">The mode.</param>
    public static int BytesPerPixelOf(ImageMode mode) => mode switch
    {
        ImageMode.One or ImageMode.L or ImageMode.P => 1,
        ImageMode.LA or ImageMode.I16 => 2,
        ImageMode.RGB => 3,
        ImageMode.RGBA or ImageMode.CMYK => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };
}
