namespace Sensorium.Media.Images.Jpeg;

/// <summary>What a frame's components are.</summary>
enum JpegColorModel
{
    Grey,
    YCbCr,
    Rgb,
    Ycck,
    Cmyk,
}
