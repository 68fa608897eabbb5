using System.Globalization;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Media.Images.Processing;

/// <summary>How other modes become RGB.</summary>
public enum ColorRule
{
    /// <summary>Pillow's <c>convert("RGB")</c>: alpha is dropped.</summary>
    Rgb,

    /// <summary>transformers' <c>convert_to_rgb</c>: laid over white.</summary>
    RgbOverWhite,
}

/// <summary>What size a picture is resized to.</summary>
public enum ResizeRule
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>To width and height, whatever the shape.</summary>
    Exact,

    /// <summary>The shorter side to the given length, keeping the shape.</summary>
    ShortestEdge,

    /// <summary>To width and height by TensorFlow 1's plain bilinear rule, without rounding to bytes.</summary>
    TensorFlow,
}

/// <summary>
/// What is done to a picture before an encoder sees it, as data: turned upright, converted to RGB, resized, cropped,
/// scaled and normalised, channels last. Made from a checkpoint's own settings by <see cref="ImageProcessors"/>.
/// </summary>
public sealed record ImageProcessor
{
    /// <summary>How other modes become RGB.</summary>
    public ColorRule Color { get; init; }

    /// <summary>The colour with which pictures are made square before they are resized; null: they are not.</summary>
    public (byte Red, byte Green, byte Blue)? SquareColor { get; init; }

    /// <summary>What size the picture is resized to.</summary>
    public ResizeRule Resize { get; init; }

    /// <summary>Width in pixels for <see cref="ResizeRule.Exact"/> and <see cref="ResizeRule.TensorFlow"/>, the shorter side for <see cref="ResizeRule.ShortestEdge"/>.</summary>
    public int ResizeWidth { get; init; }

    /// <summary>Height in pixels, as <see cref="ResizeWidth"/>.</summary>
    public int ResizeHeight { get; init; }

    /// <summary>The filter.</summary>
    public Resample Resample { get; init; } = Resample.Bicubic;

    /// <summary>Whose resize.</summary>
    public ResizeBackend Backend { get; init; }

    /// <summary>Width in pixels of the middle that is kept; 0 for no crop.</summary>
    public int CropWidth { get; init; }

    /// <summary>Height in pixels of the middle that is kept; 0 for no crop.</summary>
    public int CropHeight { get; init; }

    /// <summary>Where the odd pixel goes when cropping.</summary>
    public CenterCropRule Crop { get; init; }

    /// <summary>What bytes are multiplied by.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>What is added after scaling; for <see cref="ResizeRule.TensorFlow"/>.</summary>
    public double RescaleOffset { get; init; }

    /// <summary>Mean of each channel; empty for no normalisation.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [];

    /// <summary>Standard deviation of each channel.</summary>
    public IReadOnlyList<float> Std { get; init; } = [];

    /// <summary>Whose rounding when normalising.</summary>
    public NormalizationArithmetic Arithmetic { get; init; }

    /// <summary>All settings in one line: pictures processed under equal ones come out equal, so it is part of a cache's key.</summary>
    public string Identity => string.Create(
        CultureInfo.InvariantCulture,
        $"{Color},{SquareColor},{Resize},{ResizeWidth}x{ResizeHeight},{Resample},{Backend},{CropWidth}x{CropHeight},{Crop},{RescaleFactor:R},{RescaleOffset:R},[{Join(Mean)}],[{Join(Std)}],{Arithmetic}");

    /// <summary>The same settings with another backend's resize, crop and arithmetic, where they are transformers'.</summary>
    /// <param name="backend">The backend.</param>
    public ImageProcessor WithBackend(ResizeBackend backend)
    {
        bool torch = backend == ResizeBackend.Torchvision;
        return this with
        {
            Backend = backend,
            Crop = Crop == CenterCropRule.Torchvision ? Crop : torch ? CenterCropRule.TransformersTorch : CenterCropRule.Transformers,
            Arithmetic = Arithmetic == NormalizationArithmetic.Torchvision ? Arithmetic : torch ? NormalizationArithmetic.TransformersTorch : NormalizationArithmetic.Transformers,
        };
    }

    /// <summary>Width and height that a picture comes out with.</summary>
    /// <param name="width">The upright picture's width in pixels.</param>
    /// <param name="height">The upright picture's height in pixels.</param>
    public (int Width, int Height) OutputSize(int width, int height)
    {
        if (CropWidth > 0)
        {
            return (CropWidth, CropHeight);
        }

        int side = Math.Max(width, height);
        return SquareColor is null ? ResizedSize(width, height) : ResizedSize(side, side);
    }

    /// <summary>Does everything.</summary>
    /// <param name="image">A picture of any mode, upright or not.</param>
    /// <param name="rows">Written: [height * width, 3], of the size that <see cref="OutputSize"/> says for the upright picture.</param>
    /// <returns>Width and height that the picture came out with.</returns>
    /// <exception cref="MediaException">The picture's shape is so extreme that it has no size after resizing, or too large a one.</exception>
    public (int Width, int Height) Process(Image image, Span<float> rows)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Resize == ResizeRule.TensorFlow)
        {
            TensorFlowResizer.Bilinear(ToColor(image).Upright(), ResizeWidth, ResizeHeight, rows, (float)RescaleFactor, (float)RescaleOffset);
            return (ResizeWidth, ResizeHeight);
        }

        Image pixels = ProcessPixels(image);
        new Normalization(RescaleFactor, Mean, Std, Arithmetic).Apply(pixels, rows);
        return (pixels.Width, pixels.Height);
    }

    /// <summary>As <see cref="Process(Image, Span{float})"/>, into an array of its own.</summary>
    /// <param name="image">A picture of any mode, upright or not.</param>
    /// <returns>[height * width, 3], and the size.</returns>
    public (float[] Rows, int Width, int Height) Process(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        bool turned = image.Orientation >= 5;
        (int width, int height) = OutputSize(turned ? image.Height : image.Width, turned ? image.Width : image.Height);
        var rows = new float[(long)width * height * 3];
        Process(image, rows);
        return (rows, width, height);
    }

    /// <summary>Everything up to the scaling: upright, RGB, resized and cropped bytes. Not for <see cref="ResizeRule.TensorFlow"/>.</summary>
    /// <param name="image">A picture of any mode.</param>
    public Image ProcessPixels(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Image pixels = ToColor(image).Upright();
        pixels = SquareColor is { } color ? pixels.PadToSquare(color) : pixels;
        (int width, int height) = ResizedSize(pixels.Width, pixels.Height);
        if (width < 1 || height < 1 || (long)width * height > 1 << 28)
        {
            throw MediaException.TooLarge(
                image.Name,
                $"a picture of {pixels.Width} x {pixels.Height} pixels would be resized to {width} x {height}",
                "Crop the picture to a less extreme shape");
        }

        pixels = pixels.Resize(width, height, Resample, Backend);
        return CropWidth > 0 ? pixels.CenterCrop(CropWidth, CropHeight, Crop) : pixels;
    }

    Image ToColor(Image image) => Color == ColorRule.RgbOverWhite ? image.ToRgbOverWhite() : image.ToRgb();

    (int Width, int Height) ResizedSize(int width, int height) => Resize switch
    {
        ResizeRule.None => (width, height),
        ResizeRule.ShortestEdge => ImageSizes.ShortestEdge(width, height, ResizeWidth),
        _ => (ResizeWidth, ResizeHeight),
    };

    static string Join(IReadOnlyList<float> values) =>
        string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}
