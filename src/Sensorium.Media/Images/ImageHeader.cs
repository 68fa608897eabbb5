namespace Sensorium.Media.Images;

/// <summary>What a picture file says of itself, before any pixel is decoded.</summary>
/// <param name="Format">The file's format.</param>
/// <param name="Width">Width in pixels, as stored.</param>
/// <param name="Height">Height in pixels, as stored.</param>
/// <param name="Mode">The mode that it decodes to.</param>
/// <param name="Orientation">EXIF orientation, 1 to 8.</param>
public readonly record struct ImageHeader(ImageFormat Format, int Width, int Height, ImageMode Mode, int Orientation)
{
    /// <summary>Width in pixels as a person sees it, after EXIF rotation.</summary>
    public int UprightWidth => Orientation >= 5 ? Height : Width;

    /// <summary>Height in pixels as a person sees it, after EXIF rotation.</summary>
    public int UprightHeight => Orientation >= 5 ? Width : Height;
}
