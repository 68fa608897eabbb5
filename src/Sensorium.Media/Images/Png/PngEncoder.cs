using System.Buffers.Binary;
using System.IO.Compression;

namespace Sensorium.Media.Images.Png;

/// <summary>Writes pictures as PNG files: grey, grey with alpha, RGB or RGBA, 8 bits a sample, not interlaced.</summary>
public static class PngEncoder
{
    // Large enough that the twelve bytes around each chunk do not show.
    const int ChunkBytes = 1 << 16;

    /// <summary>The picture as a PNG file.</summary>
    /// <param name="image">A picture of any mode, as it stands: turn it upright first. Modes other than L, LA, RGB and RGBA are written as RGB, or RGBA where they have transparency.</param>
    public static byte[] Encode(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        image = image.Mode switch
        {
            ImageMode.L or ImageMode.RGB => image.TransparentColor is null ? image : image.ToRgba(),
            ImageMode.LA or ImageMode.RGBA => image,
            ImageMode.One or ImageMode.I16 => image.ToGrey(),
            _ => image.HasTransparency() ? image.ToRgba() : image.ToRgb(),
        };
        using var file = new MemoryStream();
        file.Write(PngChunkReader.Signature);
        WriteChunk(file, "IHDR"u8, Header(image));
        using (MemoryStream data = Compress(image))
        {
            ReadOnlySpan<byte> rest = data.GetBuffer().AsSpan(0, (int)data.Length);
            while (!rest.IsEmpty)
            {
                int count = Math.Min(rest.Length, ChunkBytes);
                WriteChunk(file, "IDAT"u8, rest[..count]);
                rest = rest[count..];
            }
        }

        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Writes the picture to a PNG file, replacing one that is there.</summary>
    /// <param name="image">The picture, as for <see cref="Encode"/>.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public static void Save(Image image, string path)
    {
        byte[] data = Encode(image);
        try
        {
            File.WriteAllBytes(path, data);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new MediaException(MediaErrorKind.Unreadable, path, $"the picture cannot be written ({error.Message.TrimEnd('.')})", "Check the path and the folder's permissions", error);
        }
    }

    static byte[] Header(Image image)
    {
        var header = new byte[PngHeader.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        header[9] = (byte)(image.Mode switch
        {
            ImageMode.L => PngColorType.Grey,
            ImageMode.LA => PngColorType.GreyAlpha,
            ImageMode.RGB => PngColorType.Rgb,
            _ => PngColorType.Rgba,
        });
        return header;
    }

    static MemoryStream Compress(Image image)
    {
        var data = new MemoryStream();
        using var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true);
        int stride = image.Stride;
        var best = new byte[stride + 1];
        var trial = new byte[stride + 1];
        ReadOnlySpan<byte> above = new byte[stride];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Row(y);
            long lowest = long.MaxValue;
            for (int filter = PngFilters.None; filter <= PngFilters.Paeth; filter++)
            {
                trial[0] = (byte)filter;
                PngFilters.Apply(filter, row, above, trial.AsSpan(1), image.BytesPerPixel);
                long cost = Cost(trial.AsSpan(1));
                if (cost < lowest)
                {
                    lowest = cost;
                    (best, trial) = (trial, best);
                }
            }

            zlib.Write(best);
            above = row;
        }

        return data;
    }

    // The specification's heuristic (PNG, 12.7): the filter whose bytes, taken as signed, are smallest in sum.
    static long Cost(ReadOnlySpan<byte> filtered)
    {
        long cost = 0;
        foreach (byte value in filtered)
        {
            cost += Math.Abs((int)(sbyte)value);
        }

        return cost;
    }

    static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, data));
        file.Write(number);
    }
}
