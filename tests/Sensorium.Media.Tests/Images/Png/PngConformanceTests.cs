using System.Security.Cryptography;
using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Png;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Png;

public class PngConformanceTests
{
    [Fact]
    public void EveryFileDecodesAsPillowDoes()
    {
        using Bundle bundle = Bundle.Open("png-pixels");
        JsonElement check = bundle.Checks.Single();
        int count = 0;
        foreach (JsonElement one in check.GetProperty("cases").EnumerateArray())
        {
            string file = Path.GetFileName(one.GetProperty("file").GetString()!);
            Image image = ImageDecoder.DecodeFile(TestFiles.Png(file));
            image.Mode.ShouldBe(ModeOf(one.GetProperty("pillow_mode").GetString()!), file);
            image.Width.ShouldBe(one.GetProperty("width").GetInt32(), file);
            image.Height.ShouldBe(one.GetProperty("height").GetInt32(), file);
            if (one.GetProperty("form").ValueEquals("rgba8"))
            {
                image = image.ToRgba();
            }

            Convert.ToHexStringLower(SHA256.HashData(image.Pixels)).ShouldBe(one.GetProperty("sha256").GetString(), file);
            count++;
        }

        count.ShouldBeGreaterThan(160);
    }

    [Fact]
    public void CorruptFilesAreRefusedByName()
    {
        using Bundle bundle = Bundle.Open("png-pixels");
        foreach (JsonElement one in bundle.Checks.Single().GetProperty("refused").EnumerateArray())
        {
            string path = TestFiles.Png(Path.GetFileName(one.GetProperty("file").GetString()!));
            MediaException error = Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(path), path);
            error.Message.ShouldStartWith(path + ": ");
        }
    }

    [Theory]
    [InlineData("xc1n0g08.png", "colour type 1")]
    [InlineData("xd3n2c08.png", "3 bits a sample")]
    [InlineData("xhdn0g08.png", "checksum")]
    [InlineData("xdtn0g01.png", "no image data (IDAT)")]
    public void TheReasonIsNamed(string file, string reason) =>
        Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(TestFiles.Png(file))).Problem.ShouldContain(reason);

    internal static ImageMode ModeOf(string pillow) => pillow switch
    {
        "1" => ImageMode.One,
        "I;16" => ImageMode.I16,
        _ => Enum.Parse<ImageMode>(pillow),
    };
}
