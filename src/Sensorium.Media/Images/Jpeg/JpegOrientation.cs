namespace Sensorium.Media.Images.Jpeg;

/// <summary>Finds how a picture is to be turned in a JPEG's APP1 segments, which hold EXIF or XMP.</summary>
static class JpegOrientation
{
    /// <summary>The orientation that a segment states, 1 to 8; 1 where it states none, or nonsense.</summary>
    /// <param name="segment">The segment's contents, after its length.</param>
    public static int FromApp1(ReadOnlySpan<byte> segment)
    {
        if (segment.StartsWith("Exif\0\0"u8))
        {
            return ExifOrientation.Read(segment);
        }

        return segment.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8) ? FromXmp(segment) : 1;
    }

    // As Pillow reads it: the first tiff:Orientation, be it an attribute or an element.
    static int FromXmp(ReadOnlySpan<byte> xmp)
    {
        ReadOnlySpan<byte> tag = "tiff:Orientation"u8;
        int at = xmp.IndexOf(tag);
        if (at < 0)
        {
            return 1;
        }

        ReadOnlySpan<byte> rest = xmp[(at + tag.Length)..];
        int skip = rest.StartsWith("=\""u8) ? 2 : rest.StartsWith(">"u8) ? 1 : rest.Length;
        return rest.Length > skip && rest[skip] is >= (byte)'1' and <= (byte)'8' ? rest[skip] - '0' : 1;
    }
}
