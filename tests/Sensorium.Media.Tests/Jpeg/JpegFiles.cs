using System.Security.Cryptography;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Jpeg;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Jpeg;

/// <summary>The JPEG files beside the tests.</summary>
static class JpegFiles
{
    public static byte[] Read(string file) => File.ReadAllBytes(TestFiles.Jpeg(file));

    public static string[] InFolder(string folder) =>
        [.. Directory.GetFiles(TestFiles.Jpeg(folder), "*.jpg").Order(StringComparer.Ordinal).Select(p => folder + "/" + Path.GetFileName(p))];

    public static Image Decode(string file) => JpegDecoder.Decode(Read(file), file, new MediaBudget());

    public static string Hash(Image image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    /// <summary>A file's bytes with others put in their place from an offset on.</summary>
    public static byte[] With(this byte[] file, int offset, params byte[] bytes)
    {
        byte[] copy = [.. file];
        bytes.CopyTo(copy, offset);
        return copy;
    }

    /// <summary>A file's bytes with a segment put in behind its start marker.</summary>
    public static byte[] WithSegment(this byte[] file, byte marker, ReadOnlySpan<byte> contents)
    {
        int size = contents.Length + 2;
        return [0xFF, 0xD8, 0xFF, marker, (byte)(size >> 8), (byte)size, .. contents, .. file.AsSpan(2)];
    }

    /// <summary>Where a marker's second byte stands.</summary>
    public static int Find(this byte[] file, byte marker) => file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, marker]) + 1;
}
