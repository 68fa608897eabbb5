using System.Buffers.Binary;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Finds how a picture is to be turned, in EXIF (tag 0x0112 of the first directory) or XMP (<c>tiff:Orientation</c>).</summary>
public static class ExifOrientation
{
    const int OrientationTag = 0x0112;

    /// <summary>The orientation in a JPEG's APP1 segment.</summary>
    /// <param name="segment">The segment's contents, after its length.</param>
    /// <returns>1 to 8; 0 where the segment states none, or nonsense.</returns>
    public static int FromApp1(ReadOnlySpan<byte> segment)
    {
        if (segment.StartsWith("Exif\0\0"u8))
        {
            return FromTiff(segment[6..]);
        }

        return segment.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8) ? FromXmp(segment) : 0;
    }

    /// <summary>The orientation in EXIF data, which is a TIFF file without pixels (as PNG's eXIf chunk holds it too).</summary>
    /// <param name="tiff">The data from its byte order mark on.</param>
    /// <returns>1 to 8; 0 where there is none, or nonsense.</returns>
    public static int FromTiff(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
        {
            return 0;
        }

        bool little = tiff[0] == (byte)'I' && tiff[1] == (byte)'I';
        if (!little && !(tiff[0] == (byte)'M' && tiff[1] == (byte)'M'))
        {
            return 0;
        }

        long directory = ReadUInt32(tiff[4..], little);
        if (directory > tiff.Length - 2)
        {
            return 0;
        }

        int entries = ReadUInt16(tiff[(int)directory..], little);
        ReadOnlySpan<byte> entry = tiff[((int)directory + 2)..];
        for (int i = 0; i < entries && entry.Length >= 12; i++, entry = entry[12..])
        {
            if (ReadUInt16(entry, little) != OrientationTag)
            {
                continue;
            }

            long value = ReadUInt16(entry[2..], little) switch
            {
                1 => entry[8],
                3 => ReadUInt16(entry[8..], little),
                4 or 9 => ReadUInt32(entry[8..], little),
                _ => 0,
            };
            return value is >= 1 and <= 8 ? (int)value : 0;
        }

        return 0;
    }

    static int FromXmp(ReadOnlySpan<byte> xmp)
    {
        ReadOnlySpan<byte> tag = "tiff:Orientation"u8;
        int at = xmp.IndexOf(tag);
        if (at < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = xmp[(at + tag.Length)..];
        int skip = rest.StartsWith("=\""u8) ? 2 : rest.StartsWith(">"u8) ? 1 : -1;
        return skip > 0 && rest.Length > skip && rest[skip] is >= (byte)'1' and <= (byte)'8' ? rest[skip] - '0' : 0;
    }

    static int ReadUInt16(ReadOnlySpan<byte> s, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(s) : BinaryPrimitives.ReadUInt16BigEndian(s);

    static long ReadUInt32(ReadOnlySpan<byte> s, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(s) : BinaryPrimitives.ReadUInt32BigEndian(s);
}
