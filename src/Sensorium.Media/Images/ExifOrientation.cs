using System.Buffers.Binary;

namespace Sensorium.Media.Images;

/// <summary>Finds the orientation tag (0x0112) in EXIF data, which is a small TIFF file (EXIF 2.32, 4.6.4).</summary>
public static class ExifOrientation
{
    const ushort Tag = 0x0112;

    /// <summary>The orientation, 1 to 8; 1 where the data states none, nonsense, or is broken.</summary>
    /// <param name="exif">The data, with or without the "Exif\0\0" that JPEG puts before it.</param>
    public static int Read(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8))
        {
            exif = exif[6..];
        }

        if (exif.Length < 8)
        {
            return 1;
        }

        bool little = exif.StartsWith("II"u8);
        if ((!little && !exif.StartsWith("MM"u8)) || U16(exif[2..], little) != 42)
        {
            return 1;
        }

        uint directory = U32(exif[4..], little);
        if (directory > (uint)exif.Length - 2)
        {
            return 1;
        }

        int count = U16(exif[(int)directory..], little);
        ReadOnlySpan<byte> entries = exif[((int)directory + 2)..];
        for (int i = 0; i < count && entries.Length >= 12; i++, entries = entries[12..])
        {
            if (U16(entries, little) == Tag)
            {
                return Value(entries, little);
            }
        }

        return 1;
    }

    static int Value(ReadOnlySpan<byte> entry, bool little)
    {
        long value = U16(entry[2..], little) switch
        {
            1 or 6 => entry[8],
            3 or 8 => U16(entry[8..], little),
            4 or 9 => U32(entry[8..], little),
            _ => 1,
        };
        return value is >= 1 and <= 8 ? (int)value : 1;
    }

    static ushort U16(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    static uint U32(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
}
