using System.Buffers.Binary;
using System.Text;

namespace Sensorium.Media.Images.Png;

/// <summary>A chunk of a PNG file: its type and where its data stands in the file.</summary>
readonly record struct PngChunk(uint Type, int Start, int Length)
{
    public const uint Ihdr = 0x49484452, Plte = 0x504C5445, Idat = 0x49444154, Iend = 0x49454E44, Trns = 0x74524E53, Exif = 0x65584966;

    public string TypeName => Encoding.ASCII.GetString([(byte)(Type >> 24), (byte)(Type >> 16), (byte)(Type >> 8), (byte)Type]);
}

/// <summary>Walks the chunks of a PNG file in memory; lengths are held against the bytes there are.</summary>
ref struct PngChunkReader(ReadOnlySpan<byte> file, string name)
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    readonly ReadOnlySpan<byte> file = file;
    readonly string name = name;
    int next = Signature.Length;

    /// <summary>The next chunk, or false where the file ends between chunks.</summary>
    /// <param name="chunk">The chunk, whose data lies inside the file.</param>
    /// <param name="lenient">Answers false, rather than raise an error, for anything that is not a whole chunk.</param>
    public bool TryRead(out PngChunk chunk, bool lenient = false)
    {
        chunk = default;
        if (next >= file.Length)
        {
            return false;
        }

        if (file.Length - next < 12)
        {
            return lenient ? false : throw MediaException.Corrupt(name, $"the PNG file ends inside a chunk at byte {next}");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(file[next..]);
        ReadOnlySpan<byte> type = file.Slice(next + 4, 4);
        foreach (byte letter in type)
        {
            if (!char.IsAsciiLetter((char)letter))
            {
                return lenient ? false : throw MediaException.Corrupt(name, $"the PNG file has no chunk where one should start, at byte {next}");
            }
        }

        uint code = BinaryPrimitives.ReadUInt32BigEndian(type);
        int available = file.Length - next - 12;
        if (length > (uint)available)
        {
            // The last image data of a cut-off file is still data: what is missing shows when it is inflated.
            if (code == PngChunk.Idat)
            {
                // At most what it claims: the cut may lie in the checksum behind it.
                length = Math.Min(length, (uint)(file.Length - next - 8));
                chunk = new PngChunk(code, next + 8, (int)length);
                next = file.Length;
                return true;
            }

            return lenient ? false : throw MediaException.Corrupt(name, $"PNG chunk {Encoding.ASCII.GetString(type)} at byte {next} claims {length} bytes, and {Math.Max(available, 0)} are left");
        }

        chunk = new PngChunk(code, next + 8, (int)length);
        next += 12 + (int)length;
        return true;
    }

    /// <summary>The chunk's data.</summary>
    public readonly ReadOnlySpan<byte> Data(PngChunk chunk) => file.Slice(chunk.Start, chunk.Length);

    /// <summary>Holds a chunk's checksum against its bytes.</summary>
    public readonly void CheckCrc(PngChunk chunk)
    {
        uint stated = BinaryPrimitives.ReadUInt32BigEndian(file[(chunk.Start + chunk.Length)..]);
        uint actual = Crc32.Of(file.Slice(chunk.Start - 4, 4), Data(chunk));
        if (stated != actual)
        {
            throw MediaException.Corrupt(name, $"PNG chunk {chunk.TypeName} at byte {chunk.Start - 8} has checksum {stated:x8} where its bytes give {actual:x8}");
        }
    }
}
