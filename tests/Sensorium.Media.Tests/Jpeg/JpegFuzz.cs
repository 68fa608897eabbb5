using Sensorium.Media.Images;
using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Tests.Jpeg;

/// <summary>The JPEG decoder under any bytes: a picture of the size that the header gives, or a <see cref="MediaException"/>.</summary>
public static class JpegFuzz
{
    /// <summary>Small, so that a run spends its time on parsing rather than on pixels.</summary>
    static readonly MediaBudget Budget = new() { MaxPixels = 1_000_000, MaxBytes = 64 << 20 };

    /// <summary>Decodes once; throws where anything but a <see cref="MediaException"/> comes out.</summary>
    /// <param name="data">Any bytes.</param>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            Image image = JpegDecoder.Decode(data, "fuzz.jpg", Budget);
            ImageHeader header = JpegDecoder.ReadHeader(data, "fuzz.jpg");
            if (header.Width != image.Width || header.Height != image.Height || header.Mode != image.Mode)
            {
                throw new InvalidOperationException($"The header says {header}, the picture is {image.Width} x {image.Height} {image.Mode}.");
            }
        }
        catch (MediaException)
        {
        }
    }
}
