using System.Text;
using Sensorium.Media.Images;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images;

public class ImageDecoderTests
{
    [Theory]
    [InlineData("GIF89a", "a GIF picture")]
    [InlineData("RIFF\u0001\u0002\u0003\u0004WEBPVP8 ", "a WebP picture")]
    [InlineData("RIFF\u0001\u0002\u0003\u0004WAVEfmt ", "a WAV sound")]
    [InlineData("II*\0\u0008\0\0\0", "a TIFF picture")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0", "a HEIC picture")]
    [InlineData("\0\0\0\u0018ftypavif\0\0\0\0", "an AVIF picture")]
    [InlineData("\0\0\0\u0018ftypisom\0\0\0\0", "an MP4 or QuickTime video")]
    [InlineData("\0\0\u0001\0\u0001\0", "a Windows icon")]
    [InlineData("BM\u0001\u0002\u0003\u0004\0\0\0\0\u0036\0\0\0", "a BMP picture")]
    [InlineData("%PDF-1.7", "a PDF document")]
    [InlineData("8BPS", "a Photoshop document")]
    [InlineData("P6 3 3 255 ", "a PBM, PGM or PPM picture")]
    [InlineData("<svg xmlns=", "an SVG drawing")]
    [InlineData("PK\u0003\u0004", "a ZIP archive")]
    [InlineData("GGUF\u0003", "a GGUF model")]
    [InlineData("just words", "a text file")]
    [InlineData("\u0001\u0002\u0003", "of no known format")]
    public void OtherFormatsAreNamed(string start, string description)
    {
        MediaException error = Should.Throw<MediaException>(() => ImageDecoder.Decode(Encoding.Latin1.GetBytes(start), "photo.png"));
        error.Kind.ShouldBe(MediaErrorKind.Unsupported);
        error.Message.ShouldStartWith("photo.png: the file is " + description);
        error.Message.ShouldContain("Sensorium reads JPEG and PNG");
        Should.Throw<MediaException>(() => ImageDecoder.ReadHeader(Encoding.Latin1.GetBytes(start), "photo.png"));
    }

    [Fact]
    public void EmptyMissingAndFolderAreNamed()
    {
        Should.Throw<MediaException>(() => ImageDecoder.Decode(ReadOnlyMemory<byte>.Empty, "a.jpg")).Problem.ShouldBe("the file is empty");
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile("/no/such.png")).Problem.ShouldBe("there is no such file");
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(AppContext.BaseDirectory)).Problem.ShouldBe("this is a folder, not a file");
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile("")).Kind.ShouldBe(MediaErrorKind.Unreadable);
    }

    [Fact]
    public void TheHeaderAgreesWithThePicture()
    {
        string folder = TestFiles.Bundle("image-load");
        foreach (string file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".png" or ".jpg"))
        {
            ImageHeader header = ImageDecoder.ReadHeader(File.ReadAllBytes(file), file);
            Image image = ImageDecoder.DecodeFile(file);
            (header.Width, header.Height, header.Mode, header.Orientation).ShouldBe((image.Width, image.Height, image.Mode, image.Orientation), file);
            Image upright = image.Upright();
            (header.UprightWidth, header.UprightHeight).ShouldBe((upright.Width, upright.Height), file);
        }
    }

    [Fact]
    public void TheBudgetIsGivenBack()
    {
        var budget = new MediaBudget();
        ImageDecoder.DecodeFile(TestFiles.Png("basi6a16.png"), budget);
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(TestFiles.Png("xhdn0g08.png"), budget));
        budget.ReservedBytes.ShouldBe(0);
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(TestFiles.Png("basi6a16.png"), new MediaBudget { MaxPixels = 1023 })).Kind.ShouldBe(MediaErrorKind.TooLarge);
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(TestFiles.Png("basi6a16.png"), new MediaBudget { MaxBytes = 4500 })).Kind.ShouldBe(MediaErrorKind.TooLarge);
    }
}
