using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Jpeg;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Jpeg;

public class JpegPixelTests
{
    [Fact]
    public void PixelsEqualLibjpegTurbo()
    {
        List<string> wrong = [];
        string[] lines = File.ReadAllLines(TestFiles.Jpeg("expected.txt"));
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ');
            Image image = JpegFiles.Decode(parts[0]);
            if ($"{image.Width} {image.Height} {image.BytesPerPixel} {JpegFiles.Hash(image)}" != string.Join(' ', parts[1..]))
            {
                wrong.Add(parts[0]);
            }
        }

        lines.Length.ShouldBeGreaterThan(100);
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void BundleEqualsPillow()
    {
        string folder = TestFiles.Bundle("jpeg-pixels");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        JsonElement check = json.RootElement.GetProperty("checks")[0];
        List<string> wrong = [];
        foreach (JsonElement one in check.GetProperty("cases").EnumerateArray())
        {
            string file = one.GetProperty("file").GetString()!;
            string own = Path.Combine(folder, file);
            if ((File.Exists(own) ? own : TestFiles.Outside(file)) is not { } path)
            {
                continue;
            }

            Image image = ImageDecoder.DecodeFile(path);
            image.Mode.ToString().ShouldBe(one.GetProperty("mode").GetString(), file);
            Image compared = one.GetProperty("rgb_after_convert").GetBoolean() ? image.ToRgb() : image;
            if (JpegFiles.Hash(compared) != one.GetProperty("sha256").GetString())
            {
                wrong.Add(file);
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void LargePicturesOnTwoThreadsEqualSmallOnes()
    {
        // 960 x 720 goes through the pipeline; its pixels are in expected.txt. Again, to meet other interleavings.
        string first = JpegFiles.Hash(JpegFiles.Decode("reference/mjpeg.jpg"));
        for (int i = 0; i < 20; i++)
        {
            JpegFiles.Hash(JpegFiles.Decode("reference/mjpeg.jpg")).ShouldBe(first);
        }
    }

    [Theory]
    [InlineData("reference/mjpeg.jpg", 960, 720, ImageMode.RGB)]
    [InlineData("reference/grayscale_16x24_sampling2x2.jpg", 16, 24, ImageMode.L)]
    [InlineData("made/ycck.jpg", 61, 47, ImageMode.CMYK)]
    public void HeaderGivesSizeAndMode(string file, int width, int height, ImageMode mode) =>
        JpegDecoder.ReadHeader(JpegFiles.Read(file), file).ShouldBe(new ImageHeader(ImageFormat.Jpeg, width, height, mode, 1));

    [Fact]
    public void BudgetIsWholeAgainAfterwards()
    {
        MediaBudget budget = new();
        foreach (string file in JpegFiles.InFolder("reference").Concat(JpegFiles.InFolder("hostile")))
        {
            try
            {
                JpegDecoder.Decode(JpegFiles.Read(file), file, budget);
            }
            catch (MediaException)
            {
            }

            budget.ReservedBytes.ShouldBe(0, file);
        }
    }
}
