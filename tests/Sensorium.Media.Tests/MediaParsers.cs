using Sensorium.Fuzzing;
using Sensorium.Media.Tests.Images.Png;
using Sensorium.Media.Tests.Jpeg;

namespace Sensorium.Media.Tests;

/// <summary>The media decoders as <c>./fuzz</c> knows them.</summary>
public static class MediaParsers
{
    public static FuzzParser Jpeg { get; } = new("jpeg", JpegFuzz.One, () =>
        [.. JpegFiles.InFolder("reference").Concat(JpegFiles.InFolder("made")).Select(JpegFiles.Read).Where(f => f.Length < 4000)])
    {
        Pieces = [.. ((byte[])[0xC0, 0xC2, 0xC3, 0xC4, 0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE, 0x00]).Select(marker => (byte[])[0xFF, marker])],
    };

    public static FuzzParser Png { get; } = new("png", PngFuzz.One, () => FuzzFiles.In("tests/Sensorium.Conformance/media/png", "*.png"))
    {
        Pieces = ["IHDR"u8.ToArray(), "PLTE"u8.ToArray(), "IDAT"u8.ToArray(), "IEND"u8.ToArray(), "tRNS"u8.ToArray(), "eXIf"u8.ToArray(), "acTL"u8.ToArray()],
    };

    public static IReadOnlyList<FuzzParser> All { get; } = [Jpeg, Png];
}
