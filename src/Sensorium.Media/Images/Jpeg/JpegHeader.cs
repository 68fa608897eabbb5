namespace Sensorium.Media.Images.Jpeg;

/// <summary>What a JPEG says of itself before its pixels.</summary>
/// <param name="Width">Width in pixels, as stored.</param>
/// <param name="Height">Height in pixels, as stored.</param>
/// <param name="Mode">The mode it decodes to: L, RGB or CMYK.</param>
/// <param name="Orientation">EXIF orientation, 1 to 8.</param>
public sealed record JpegHeader(int Width, int Height, ImageMode Mode, int Orientation);
