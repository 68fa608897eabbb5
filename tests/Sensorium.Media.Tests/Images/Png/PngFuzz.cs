using Sensorium.Media.Images;
using Sensorium.Media.Images.Png;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Png;

/// <summary>The PNG decoder under any bytes: a picture of the size that the header gives, or a <see cref="MediaException"/>.</summary>
public static class PngFuzz
{
    static readonly MediaBudget Budget = new() { MaxPixels = 1_000_000, MaxBytes = 64 << 20 };

    /// <summary>Decodes the bytes as they are, and with every checksum repaired. May raise nothing.</summary>
    /// <param name="data">Any bytes.</param>
    public static void One(ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        Decode(copy);
        PngBuilder.RepairChecksums(copy);
        Decode(copy);
    }

    static void Decode(byte[] data)
    {
        try
        {
            Image image = PngDecoder.Decode(data, "fuzz.png", Budget);
            ImageHeader header = PngDecoder.ReadHeader(data, "fuzz.png");
            if (header.Width != image.Width || header.Height != image.Height || header.Mode != image.Mode)
            {
                throw new InvalidOperationException($"The header says {header}, the picture is {image.Width} x {image.Height} {image.Mode}.");
            }

            image.Upright().ToRgbOverWhite();
        }
        catch (MediaException)
        {
        }

        if (Budget.ReservedBytes != 0)
        {
            throw new InvalidOperationException($"{Budget.ReservedBytes} bytes of the budget were not given back.");
        }
    }
}
