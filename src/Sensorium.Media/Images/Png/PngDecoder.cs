using System.IO.Compression;

namespace Sensorium.Media.Images.Png;

/// <summary>
/// Decodes PNG files (ISO/IEC 15948) into the mode and to the values that Pillow gives: all colour types and depths,
/// interlaced or not, palettes and transparency. Of an animated PNG it gives the default picture. What comes before the
/// image data must be right, checksums included; as in Pillow the image data itself is held to zlib's own checksum only.
/// </summary>
public static class PngDecoder
{
    // A deflate stream cannot grow by more than this factor, so a header that claims more lies.
    const long LargestInflation = 1032;

    /// <summary>Whether the bytes start as a PNG file does.</summary>
    public static bool IsPng(ReadOnlySpan<byte> data) => data.StartsWith(PngChunkReader.Signature);

    /// <summary>Reads the size, mode and orientation; the image data is not touched.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <exception cref="MediaException">The file is not a PNG, or is broken before or in its image data's place.</exception>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> data, string name)
    {
        PngLayout layout = PngLayout.Read(data, name);
        return new ImageHeader(ImageFormat.Png, layout.Header.Width, layout.Header.Height, layout.Header.Mode, layout.Orientation);
    }

    /// <summary>Decodes a whole file.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <param name="budget">How large the picture may be.</param>
    /// <exception cref="MediaException">The file is not a PNG, is broken or cut off, or is larger than the budget.</exception>
    public static Image Decode(ReadOnlyMemory<byte> data, string name, MediaBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        PngLayout layout = PngLayout.Read(data.Span, name);
        PngHeader header = layout.Header;
        budget.CheckPixels(name, header.Width, header.Height);

        long needed = header.RawBytes();
        long stored = layout.Data.Sum(chunk => (long)chunk.Length);
        if (needed > (stored + 64) * LargestInflation)
        {
            throw MediaException.Corrupt(name, $"the PNG file is cut off or its header lies: {header.Width} x {header.Height} pixels need {needed} bytes, and its {stored} bytes of image data cannot hold as many");
        }

        long pixelBytes = (long)header.Width * header.Height * Image.BytesPerPixelOf(header.Mode);
        if (pixelBytes > Array.MaxLength || header.RowBytes(header.Width) > Array.MaxLength / 2)
        {
            throw MediaException.TooLarge(name, $"a picture of {header.Width} x {header.Height} pixels needs {pixelBytes} bytes, more than one buffer can hold", "Scale the picture down");
        }

        int rowBytes = (int)header.RowBytes(header.Width);
        using MediaBudget.Reservation reservation = budget.Reserve(name, pixelBytes + (2L * rowBytes) + (header.Interlaced ? 4L * header.Width : 0));
        var image = new Image(header.Width, header.Height, header.Mode, name)
        {
            Orientation = layout.Orientation,
            Palette = layout.Palette(data.Span, name),
            TransparentColor = layout.TransparentColor(data.Span),
        };

        using var inflater = new ZLibStream(new PngDataStream(data, layout.Data), CompressionMode.Decompress);
        var rows = new RowReader(inflater, header, name, rowBytes);
        if (header.Interlaced)
        {
            DecodeInterlaced(rows, header, image);
        }
        else
        {
            for (int y = 0; y < header.Height; y++)
            {
                PngRows.Expand(header, rows.Next(rowBytes), image.Row(y), header.Width);
            }
        }

        return image;
    }

    static void DecodeInterlaced(RowReader rows, in PngHeader header, Image image)
    {
        int bytes = image.BytesPerPixel;
        var line = new byte[header.Width * bytes];
        foreach (Adam7 pass in Adam7.Passes)
        {
            (int width, int height) = pass.Size(header.Width, header.Height);
            if (width == 0 || height == 0)
            {
                continue;
            }

            int rowBytes = (int)header.RowBytes(width);
            rows.StartPass(rowBytes);
            for (int y = 0; y < height; y++)
            {
                Span<byte> pixels = line.AsSpan(0, width * bytes);
                PngRows.Expand(header, rows.Next(rowBytes), pixels, width);
                Span<byte> target = image.Row(pass.Y + (y * pass.StepY));
                for (int x = 0; x < width; x++)
                {
                    pixels.Slice(x * bytes, bytes).CopyTo(target[((pass.X + (x * pass.StepX)) * bytes)..]);
                }
            }
        }
    }

    /// <summary>Inflates and unfilters one row after the other, holding two.</summary>
    sealed class RowReader(ZLibStream inflater, PngHeader header, string name, int rowBytes)
    {
        // The filter byte stands before the row, so that both come in one read.
        byte[] current = new byte[rowBytes + 1];
        byte[] above = new byte[rowBytes + 1];
        int row;

        // The next row takes the row read last for the one above it.
        public void StartPass(int bytes) => current.AsSpan(0, bytes + 1).Clear();

        public ReadOnlySpan<byte> Next(int bytes)
        {
            (current, above) = (above, current);
            Span<byte> line = current.AsSpan(0, bytes + 1);
            ReadOnlySpan<byte> before = above.AsSpan(1, bytes);
            Fill(line);
            if (line[0] > PngFilters.Paeth)
            {
                throw MediaException.Corrupt(name, $"row {row} of the PNG's image data has filter {line[0]}, which does not exist");
            }

            PngFilters.Undo(line[0], line[1..], before, header.FilterStride);
            row++;
            return line[1..];
        }

        void Fill(Span<byte> line)
        {
            int got;
            try
            {
                got = inflater.ReadAtLeast(line, line.Length, throwOnEndOfStream: false);
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                // An IOException is what zlib's rarer complaints become, a preset dictionary among them.
                throw MediaException.Corrupt(name, $"the PNG's image data is no valid zlib stream at row {row}", error);
            }

            if (got < line.Length)
            {
                throw MediaException.Corrupt(name, $"the PNG's image data ends at row {row}, before the picture does");
            }
        }
    }
}
