using Sensorium.Media.Images.Jpeg;
using Sensorium.Media.Images.Png;

namespace Sensorium.Media.Images;

/// <summary>
/// Decodes picture files, told by their first bytes and never by their names. The result has its pixels as stored;
/// <see cref="ImageOrientation.Upright"/> turns them as a person sees them.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const long MaxFileBytes = 1L << 30;

    /// <summary>Decodes a picture file in memory.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <param name="budget">How large the picture may be; null for the default budget.</param>
    /// <exception cref="MediaException">The bytes are no PNG or JPEG, are broken, or are larger than the budget.</exception>
    public static Image Decode(ReadOnlyMemory<byte> data, string name, MediaBudget? budget = null)
    {
        budget ??= new MediaBudget();
        return ImageSniffer.Sniff(data.Span) switch
        {
            ImageFormat.Png => PngDecoder.Decode(data, name, budget),
            ImageFormat.Jpeg => JpegDecoder.Decode(data.Span, name, budget),
            ImageFormat other => throw NotRead(data.Span, name, other),
        };
    }

    /// <summary>Reads and decodes a picture file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="budget">How large the picture may be; null for the default budget.</param>
    /// <exception cref="MediaException">The file cannot be read, is no PNG or JPEG, is broken, or is larger than the budget.</exception>
    public static Image DecodeFile(string path, MediaBudget? budget = null)
    {
        budget ??= new MediaBudget();
        byte[] data = ReadFile(path, budget, out MediaBudget.Reservation reservation);
        using (reservation)
        {
            return Decode(data, path, budget);
        }
    }

    /// <summary>Reads size, mode and orientation of a picture file; no pixel is decoded.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <exception cref="MediaException">The bytes are no PNG or JPEG, or are broken before the pixels.</exception>
    public static ImageHeader ReadHeader(ReadOnlyMemory<byte> data, string name) => ImageSniffer.Sniff(data.Span) switch
    {
        ImageFormat.Png => PngDecoder.ReadHeader(data.Span, name),
        ImageFormat.Jpeg => JpegDecoder.ReadHeader(data.Span, name),
        ImageFormat other => throw NotRead(data.Span, name, other),
    };

    static byte[] ReadFile(string path, MediaBudget budget, out MediaBudget.Reservation reservation)
    {
        MediaBudget.Reservation? taken = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            long length = file.Length;
            if (length > MaxFileBytes)
            {
                throw MediaException.TooLarge(path, $"the file has {length} bytes, over the limit of {MaxFileBytes} bytes for a picture", "Scale the picture down");
            }

            taken = budget.Reserve(path, length);
            byte[] data = GC.AllocateUninitializedArray<byte>((int)length);
            file.ReadExactly(data);
            reservation = taken;
            taken = null;
            return data;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string problem = error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(path) ? "this is a folder, not a file"
                : $"the file cannot be read ({error.Message.TrimEnd('.')})";
            throw new MediaException(MediaErrorKind.Unreadable, path, problem, "Check the path and the file's permissions", error);
        }
        finally
        {
            taken?.Dispose();
        }
    }

    static MediaException NotRead(ReadOnlySpan<byte> data, string name, ImageFormat format)
    {
        if (data.IsEmpty)
        {
            return MediaException.Corrupt(name, "the file is empty");
        }

        return MediaException.Unsupported(
            name,
            format == ImageFormat.Unknown
                ? "the file is of no known format; Sensorium reads JPEG and PNG pictures"
                : $"the file is {ImageSniffer.Describe(format)}; Sensorium reads JPEG and PNG pictures",
            format is ImageFormat.Mp4 or ImageFormat.Matroska or ImageFormat.Avi or ImageFormat.Wav or ImageFormat.Mp3 or ImageFormat.Ogg or ImageFormat.Flac or ImageFormat.Gguf or ImageFormat.Zip or ImageFormat.Gzip or ImageFormat.Text
                ? "Give a picture instead"
                : "Convert it to JPEG or PNG");
    }
}
