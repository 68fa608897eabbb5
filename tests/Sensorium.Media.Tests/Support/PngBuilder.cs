using System.Buffers.Binary;
using System.IO.Compression;
using Sensorium.Media.Images.Png;

namespace Sensorium.Media.Tests.Support;

/// <summary>Puts PNG files together chunk by chunk, right or wrong.</summary>
sealed class PngBuilder
{
    readonly MemoryStream file = new();

    public PngBuilder() => file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

    public byte[] Bytes => file.ToArray();

    public PngBuilder Header(uint width, uint height, byte depth = 8, byte color = 2, byte interlace = 0)
    {
        var data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = (depth, color, interlace);
        return Chunk("IHDR", data);
    }

    public PngBuilder Data(byte[] raw)
    {
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(raw);
        }

        return Chunk("IDAT", stream.ToArray());
    }

    public PngBuilder End() => Chunk("IEND", []);

    public PngBuilder Chunk(string type, byte[] data, uint? length = null, uint? crc = null)
    {
        byte[] name = [.. type.Select(c => (byte)c)];
        Number(length ?? (uint)data.Length);
        file.Write(name);
        file.Write(data);
        Number(crc ?? Crc32.Of(name, data));
        return this;
    }

    /// <summary>Gives every chunk its right checksum, so that changes get past the check.</summary>
    public static void RepairChecksums(Span<byte> png)
    {
        int at = 8;
        while (png.Length - at >= 12)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 12)
            {
                return;
            }

            int end = at + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(png[end..], Crc32.Of(png.Slice(at + 4, 4), png[(at + 8)..end]));
            at = end + 4;
        }
    }

    void Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        file.Write(bytes);
    }
}
