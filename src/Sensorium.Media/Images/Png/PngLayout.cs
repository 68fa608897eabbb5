using System.Buffers.Binary;

namespace Sensorium.Media.Images.Png;

/// <summary>Where everything that matters stands in a PNG file; found by one walk over its chunks.</summary>
sealed class PngLayout
{
    PngChunk? palette;
    PngChunk? transparency;

    public PngHeader Header { get; private init; }

    /// <summary>The IDAT chunks of the picture, one after the other.</summary>
    public List<PngChunk> Data { get; } = [];

    /// <summary>EXIF orientation, 1 to 8.</summary>
    public int Orientation { get; private set; } = 1;

    public static PngLayout Read(ReadOnlySpan<byte> file, string name)
    {
        if (!PngDecoder.IsPng(file))
        {
            throw MediaException.Corrupt(name, "the file does not start with the PNG signature");
        }

        var chunks = new PngChunkReader(file, name);
        if (!chunks.TryRead(out PngChunk chunk) || chunk.Type != PngChunk.Ihdr)
        {
            throw MediaException.Corrupt(name, "the PNG file does not start with its header (IHDR)");
        }

        chunks.CheckCrc(chunk);
        var layout = new PngLayout { Header = PngHeader.Parse(chunks.Data(chunk), name) };
        layout.ReadChunks(ref chunks, name);
        return layout;
    }

    void ReadChunks(ref PngChunkReader chunks, string name)
    {
        bool dataEnded = false;
        while (chunks.TryRead(out PngChunk chunk, lenient: Data.Count > 0))
        {
            if (chunk.Type == PngChunk.Idat)
            {
                // Image data that does not follow at once is not part of it (PNG specification, 5.6).
                if (!dataEnded)
                {
                    Data.Add(chunk);
                }

                continue;
            }

            dataEnded = Data.Count > 0;
            if (chunk.Type == PngChunk.Iend)
            {
                break;
            }

            if (!dataEnded)
            {
                chunks.CheckCrc(chunk);
                ReadBeforeData(chunk, name);
            }

            if (chunk.Type == PngChunk.Exif)
            {
                Orientation = ExifOrientation.Read(chunks.Data(chunk));
            }
        }

        if (Data.Count == 0)
        {
            throw MediaException.Corrupt(name, "the PNG file has no image data (IDAT)");
        }

        if (Header.ColorType == PngColorType.Palette && palette is null)
        {
            throw MediaException.Corrupt(name, "the PNG file is a palette picture without a palette (PLTE) before its image data");
        }
    }

    void ReadBeforeData(PngChunk chunk, string name)
    {
        switch (chunk.Type)
        {
            case PngChunk.Ihdr:
                throw MediaException.Corrupt(name, $"the PNG file has a second header (IHDR) at byte {chunk.Start - 8}");
            case PngChunk.Plte:
                if (chunk.Length % 3 != 0 || chunk.Length is 0 or > 768)
                {
                    throw MediaException.Corrupt(name, $"the PNG palette (PLTE) has {chunk.Length} bytes; it takes three a colour, for 1 to 256 colours");
                }

                if (palette is not null)
                {
                    throw MediaException.Corrupt(name, $"the PNG file has a second palette (PLTE) at byte {chunk.Start - 8}");
                }

                palette = chunk;
                break;
            case PngChunk.Trns:
                ReadTransparency(chunk, name);
                break;
            default:
                bool critical = (chunk.Type & 0x20000000) == 0;
                if (critical)
                {
                    throw MediaException.Unsupported(name, $"the PNG file has a chunk {chunk.TypeName} that cannot be skipped and is not known", "Save the picture again as a plain PNG or JPEG");
                }

                break;
        }
    }

    void ReadTransparency(PngChunk chunk, string name)
    {
        int expected = Header.ColorType switch
        {
            PngColorType.Grey => 2,
            PngColorType.Rgb => 6,
            PngColorType.Palette => Math.Clamp(chunk.Length, 1, 256),
            _ => chunk.Length,
        };
        if (chunk.Length != expected)
        {
            throw MediaException.Corrupt(name, $"the PNG transparency (tRNS) has {chunk.Length} bytes instead of {expected}");
        }

        if (Header.ColorType == PngColorType.Palette && palette is null)
        {
            throw MediaException.Corrupt(name, "the PNG transparency (tRNS) comes before the palette (PLTE) that it is about");
        }

        transparency = chunk;
    }

    /// <summary>R, G, B, A of each of 256 indices; those that the file leaves out are Pillow's grey ramp. Empty where there is none.</summary>
    public ReadOnlyMemory<byte> Palette(ReadOnlySpan<byte> file, string name)
    {
        if (Header.ColorType != PngColorType.Palette || palette is not { } colors)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        var table = new byte[1024];
        for (int i = 0; i < 256; i++)
        {
            table.AsSpan(4 * i, 3).Fill((byte)i);
            table[(4 * i) + 3] = 255;
        }

        for (int i = 0; i < colors.Length / 3; i++)
        {
            file.Slice(colors.Start + (3 * i), 3).CopyTo(table.AsSpan(4 * i));
        }

        if (transparency is { } alphas)
        {
            for (int i = 0; i < alphas.Length; i++)
            {
                table[(4 * i) + 3] = file[alphas.Start + i];
            }
        }

        return table;
    }

    /// <summary>The one colour that tRNS makes transparent, in grey and RGB pictures.</summary>
    public (int Red, int Green, int Blue)? TransparentColor(ReadOnlySpan<byte> file)
    {
        if (transparency is not { } chunk)
        {
            return null;
        }

        ReadOnlySpan<byte> data = file.Slice(chunk.Start, chunk.Length);
        switch (Header.ColorType)
        {
            case PngColorType.Grey:
                int grey = BinaryPrimitives.ReadUInt16BigEndian(data);
                grey = Header.BitDepth == 1 ? (grey != 0 ? 255 : 0) : grey;
                return (grey, grey, grey);
            case PngColorType.Rgb:
                return (BinaryPrimitives.ReadUInt16BigEndian(data), BinaryPrimitives.ReadUInt16BigEndian(data[2..]), BinaryPrimitives.ReadUInt16BigEndian(data[4..]));
            default:
                return null;
        }
    }
}
