namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Decodes JPEG (ITU-T T.81) to the same bytes as Pillow on libjpeg-turbo 3: baseline, extended sequential, progressive and
/// lossless Huffman coding of 8 bits a sample, with grey, YCbCr, RGB, CMYK and YCCK colour.
/// </summary>
/// <remarks>
/// Arithmetic coding, hierarchical modes and other depths are refused by name. Damaged files decode where libjpeg would go
/// on; a file that ends before its last pixel is refused, as Pillow does.
/// </remarks>
public static class JpegDecoder
{
    /// <summary>Reads a JPEG's size, mode and orientation; no pixel is decoded.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="MediaException">The file is corrupt or of a kind that is not supported.</exception>
    public static unsafe ImageHeader ReadHeader(ReadOnlySpan<byte> data, string name)
    {
        fixed (byte* pointer = data)
        {
            JpegReader reader = new(pointer, data.Length, name);
            if (reader.ReadToScan() is null)
            {
                throw reader.Corrupt("it ends before its first scan");
            }

            JpegFrame frame = reader.Frame!;
            return new ImageHeader(ImageFormat.Jpeg, frame.Width, frame.Height, ModeOf(frame), reader.Orientation);
        }
    }

    /// <summary>Decodes a JPEG.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">Its name, for errors and for <see cref="Image.Name"/>.</param>
    /// <param name="budget">How much memory may be taken.</param>
    /// <returns>The picture as stored, not turned, in mode L, RGB or CMYK.</returns>
    /// <exception cref="MediaException">The file is corrupt, of a kind that is not supported, or over the budget.</exception>
    public static unsafe Image Decode(ReadOnlySpan<byte> data, string name, MediaBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        fixed (byte* pointer = data)
        {
            JpegReader reader = new(pointer, data.Length, name);
            JpegScan scan = reader.ReadToScan() ?? throw reader.Corrupt("it ends before its first scan");
            JpegFrame frame = reader.Frame!;
            budget.CheckPixels(name, frame.Width, frame.Height);
            ImageMode mode = ModeOf(frame);
            using MediaBudget.Reservation pixels = budget.Reserve(name, (long)frame.Width * frame.Height * Image.BytesPerPixelOf(mode));
            Image image = new(frame.Width, frame.Height, mode, name) { Orientation = reader.Orientation };
            fixed (byte* output = image.Pixels)
            {
                new FrameDecoder(reader, frame, budget, output, image.Stride).Decode(scan);
            }

            return image;
        }
    }

    static ImageMode ModeOf(JpegFrame frame) => frame.Components.Length switch
    {
        1 => ImageMode.L,
        3 => ImageMode.RGB,
        _ => ImageMode.CMYK,
    };
}
