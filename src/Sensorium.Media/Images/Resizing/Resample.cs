namespace Sensorium.Media.Images.Resizing;

/// <summary>Resampling filters; the numbers are Pillow's, as <c>preprocessor_config.json</c> has them.</summary>
public enum Resample
{
    /// <summary>The nearest pixel.</summary>
    Nearest = 0,

    /// <summary>sinc(x) sinc(x / 3), support 3.</summary>
    Lanczos = 1,

    /// <summary>1 - |x|, support 1.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = -0.5, support 2.</summary>
    Bicubic = 3,

    /// <summary>The mean, support 0.5.</summary>
    Box = 4,

    /// <summary>sinc(x) (0.54 + 0.46 cos(pi x)), support 1.</summary>
    Hamming = 5,
}

/// <summary>Whose rounding and order of passes a resize has.</summary>
public enum ResizeBackend
{
    /// <summary>Pillow up to 12, with which published checkpoints were trained: the horizontal pass comes first.</summary>
    Pillow12,

    /// <summary>Pillow 13: the vertical pass comes first where the height shrinks by more than twice what the width does.</summary>
    Pillow13,

    /// <summary>torchvision on bytes with antialiasing: horizontal first, fewer bits in the weights, no premultiplied alpha.</summary>
    Torchvision,
}

/// <summary>A rectangle of a picture, whose edges may lie between pixels. In pixels, kept in float32 as Pillow does.</summary>
/// <param name="Left">Left edge, 0 at the picture's left.</param>
/// <param name="Top">Top edge, 0 at the picture's top.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Bottom edge.</param>
public readonly record struct ImageBox(float Left, float Top, float Right, float Bottom)
{
    /// <summary>The whole of a picture.</summary>
    /// <param name="width">The picture's width.</param>
    /// <param name="height">The picture's height.</param>
    public static ImageBox Whole(int width, int height) => new(0, 0, width, height);
}
