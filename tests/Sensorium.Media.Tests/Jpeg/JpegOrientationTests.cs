using System.Text;
using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Tests.Jpeg;

public class JpegOrientationTests
{
    static readonly byte[] Plain = JpegFiles.Read("reference/jpg-size-3x3.jpg");

    static byte[] Exif(byte orientation) =>
        [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(6, 6)]
    [InlineData(8, 8)]
    [InlineData(0, 1)]
    [InlineData(9, 1)]
    public void ExifOrientationIsReported(byte stated, int expected)
    {
        byte[] file = Plain.WithSegment(0xE1, Exif(stated));
        JpegDecoder.ReadHeader(file, "x").Orientation.ShouldBe(expected);
        JpegDecoder.Decode(file, "x", new MediaBudget()).Orientation.ShouldBe(expected);
    }

    [Theory]
    [InlineData("<x tiff:Orientation=\"3\"/>", 3)]
    [InlineData("<tiff:Orientation>8</tiff:Orientation>", 8)]
    [InlineData("<tiff:Orientation>0</tiff:Orientation>", 1)]
    [InlineData("<tiff:Orientation", 1)]
    [InlineData("<tiff:Orientation>", 1)]
    public void XmpOrientationIsReported(string xmp, int expected) =>
        JpegDecoder.ReadHeader(Plain.WithSegment(0xE1, Encoding.UTF8.GetBytes("http://ns.adobe.com/xap/1.0/\0" + xmp)), "x").Orientation.ShouldBe(expected);

    [Fact]
    public void BrokenExifIsIgnored()
    {
        byte[] exif = Exif(6);
        for (int length = 0; length < exif.Length; length++)
        {
            JpegDecoder.ReadHeader(Plain.WithSegment(0xE1, exif.AsSpan(0, length)), "x").Orientation.ShouldBeOneOf(1, 6);
        }

        JpegDecoder.ReadHeader(Plain.WithSegment(0xE1, exif.With(10, 0xFF, 0xFF, 0xFF, 0xFF)), "x").Orientation.ShouldBe(1);
    }
}
