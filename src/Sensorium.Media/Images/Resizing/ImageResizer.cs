namespace Sensorium.Media.Images.Resizing;

/// <summary>
/// Resizes pictures to the bytes that Pillow's <c>Image.resize</c> or torchvision's <c>resize(antialias=True)</c> gives.
/// </summary>
public static class ImageResizer
{
    // Fractional bits that leave room for 8-bit sums in 32 bits, sign and overshoot included (Pillow's PRECISION_BITS).
    const int PillowPrecision = 32 - 8 - 2;

    /// <summary>Resizes a picture.</summary>
    /// <param name="image">A picture of any mode; 16-bit grey is clamped to 8 bits first, palette and 1-bit pictures are always resized with <see cref="Resample.Nearest"/>.</param>
    /// <param name="width">The new width in pixels, at least 1.</param>
    /// <param name="height">The new height in pixels, at least 1.</param>
    /// <param name="resample">The filter.</param>
    /// <param name="backend">Whose rounding and order of passes.</param>
    /// <param name="box">The part of the picture to take; null for all of it. Pillow only.</param>
    /// <param name="reducingGap">Where given, the picture is first reduced by a whole factor that leaves at least this many times the new size. Pillow only.</param>
    /// <exception cref="ArgumentException">A size below 1, a box that is empty or not inside the picture, an option that the backend does not have.</exception>
    public static Image Resize(this Image image, int width, int height, Resample resample, ResizeBackend backend = ResizeBackend.Pillow12, ImageBox? box = null, double? reducingGap = null) =>
        Resize(image, width, height, resample, backend, box, reducingGap, ResizeKernels.Best);

    internal static Image Resize(Image image, int width, int height, Resample resample, ResizeBackend backend, ImageBox? box, double? reducingGap, ResizeTier tier)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ImageBox whole = ImageBox.Whole(image.Width, image.Height);
        ImageBox part = box ?? whole;
        Check(image, part, box, resample, backend, reducingGap);
        if (width == image.Width && height == image.Height && part == whole)
        {
            return image;
        }

        if (image.Mode == ImageMode.I16)
        {
            image = image.ToGrey();
        }

        if (resample == Resample.Nearest || image.Mode is ImageMode.P or ImageMode.One)
        {
            return backend == ResizeBackend.Torchvision
                ? NearestResizer.Torchvision(image, width, height)
                : NearestResizer.Pillow(image, width, height, part);
        }

        if (backend == ResizeBackend.Torchvision)
        {
            return Resample2D(image, width, height, resample, part, null, verticalFirst: false, tier);
        }

        bool alpha = image.Mode is ImageMode.LA or ImageMode.RGBA;
        if (alpha)
        {
            image = AlphaPremultiplication.Multiply(image);
        }
        else if (reducingGap is { } gap)
        {
            (image, part) = ImageReducer.Reduce(image, width, height, resample, part, gap);
        }

        bool verticalFirst = backend == ResizeBackend.Pillow13 && height < image.Height && image.Height - height > 2L * (image.Width - width);
        Image result = Resample2D(image, width, height, resample, part, PillowPrecision, verticalFirst, tier);
        return alpha ? AlphaPremultiplication.Divide(result) : result;
    }

    static void Check(Image image, ImageBox part, ImageBox? box, Resample resample, ResizeBackend backend, double? reducingGap)
    {
        if (!(part.Left >= 0 && part.Top >= 0 && part.Right <= image.Width && part.Bottom <= image.Height && part.Right > part.Left && part.Bottom > part.Top))
        {
            throw new ArgumentException($"The box {part} is empty or not inside the picture of {image.Width} x {image.Height} pixels.", nameof(box));
        }

        if (reducingGap is < 1.0 or double.NaN)
        {
            throw new ArgumentException($"The reducing gap is {reducingGap}; it has to be at least 1.", nameof(reducingGap));
        }

        if (backend == ResizeBackend.Torchvision && (box is not null || reducingGap is not null || resample is Resample.Box or Resample.Hamming))
        {
            throw new ArgumentException("torchvision's resize has no box, no reducing gap, and neither the box nor the Hamming filter.", nameof(backend));
        }
    }

    static Image Resample2D(Image image, int width, int height, Resample resample, ImageBox box, int? precision, bool verticalFirst, ResizeTier tier)
    {
        bool horizontal = width != image.Width || box.Left != 0 || box.Right != width;
        bool vertical = height != image.Height || box.Top != 0 || box.Bottom != height;
        ResampleAxis? columns = horizontal ? ResampleAxis.Create(image.Width, box.Left, box.Right, width, resample, precision) : null;
        ResampleAxis? rows = vertical ? ResampleAxis.Create(image.Height, box.Top, box.Bottom, height, resample, precision) : null;
        if (columns is null || rows is null)
        {
            return columns is not null ? Horizontal(image, columns, 0, image.Height, tier)
                : rows is not null ? Vertical(image, rows, 0, tier)
                : image;
        }

        if (verticalFirst)
        {
            return Horizontal(Vertical(image, rows, 0, tier), columns, 0, height, tier);
        }

        // Only the rows that the vertical pass will read.
        return Vertical(Horizontal(image, columns, rows.First, rows.End - rows.First, tier), rows, rows.First, tier);
    }

    static Image Horizontal(Image image, ResampleAxis columns, int firstRow, int rowCount, ResizeTier tier)
    {
        var result = new Image(columns.Size, rowCount, image.Mode, image.Name) { Orientation = image.Orientation };
        var pass = new HorizontalPass(image, result, columns, firstRow, tier);
        RowBands.Run(rowCount, (long)columns.Size * columns.Taps * image.BytesPerPixel, pass.Run);
        return result;
    }

    static Image Vertical(Image image, ResampleAxis rows, int firstRow, ResizeTier tier)
    {
        var result = new Image(image.Width, rows.Size, image.Mode, image.Name) { Orientation = image.Orientation };
        var pass = new VerticalPass(image, result, rows, firstRow, tier);
        RowBands.Run(rows.Size, (long)image.Stride * rows.Taps, pass.Run);
        return result;
    }
}
