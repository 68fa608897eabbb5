namespace Sensorium.Media.Images;

/// <summary>What the bytes of a pixel are, in Pillow's terms.</summary>
public enum ImageMode
{
    /// <summary>One byte a pixel: 0 is black, 255 is white; there are no other values.</summary>
    One,

    /// <summary>Grey, one byte.</summary>
    L,

    /// <summary>Grey and alpha, one byte each.</summary>
    LA,

    /// <summary>Grey, 16 bits, two bytes, the low one first.</summary>
    I16,

    /// <summary>An index into <see cref="Image.Palette"/>, one byte.</summary>
    P,

    /// <summary>Red, green, blue, one byte each.</summary>
    RGB,

    /// <summary>Red, green, blue, alpha (not premultiplied), one byte each.</summary>
    RGBA,

    /// <summary>Cyan, magenta, yellow, black, one byte each: 0 is no ink, 255 is full ink.</summary>
    CMYK,
}
