using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images;

public class ImageLoadTests
{
    [Fact]
    public void ConversionsAndOrientationAreThoseOfPillow()
    {
        using Bundle bundle = Bundle.Open("image-load");
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement check in bundle.Checks)
        {
            string file = check.GetProperty("files")[0].GetString()!;
            if (Path.GetExtension(file) is not (".png" or ".jpg"))
            {
                Should.Throw<MediaException>(() => ImageDecoder.DecodeFile(Path.Combine(bundle.Folder, file))).Kind.ShouldBe(MediaErrorKind.Unsupported);
                continue;
            }

            Image image = ImageDecoder.DecodeFile(Path.Combine(bundle.Folder, file));
            if (!check.TryGetProperty("orientation", out _))
            {
                image = image.Upright();
            }

            foreach (JsonProperty form in check.GetProperty("expected").EnumerateObject())
            {
                Image converted = form.Name switch
                {
                    "RGB" => image.ToRgb(),
                    "RGBA" => image.ToRgba(),
                    "L" => image.ToGrey(),
                    _ => image.ToRgbOverWhite(),
                };
                RawTensorData expected = bundle.Expected(check, form.Name);
                (converted.Height, converted.Width).ShouldBe(((int)expected.Shape[0], (int)expected.Shape[1]), file);
                bool lossy = check.TryGetProperty("tolerance", out JsonElement tolerance);
                double atol = lossy ? tolerance.GetProperty(form.Name).GetProperty("atol").GetDouble() : 0;
                float[] values = lossy ? expected.Floats : [.. expected.Bytes.Select(b => (float)b)];
                if (Close.Excess([.. converted.Pixels.ToArray().Select(b => (float)b)], values, atol, 0) > 0)
                {
                    wrong.Add($"{file} as {form.Name}");
                }

                count++;
            }
        }

        wrong.ShouldBeEmpty();
        count.ShouldBeGreaterThan(40);
    }

    [Theory]
    [InlineData(1, "abcdef", 3, 2)]
    [InlineData(2, "cbafed", 3, 2)]
    [InlineData(3, "fedcba", 3, 2)]
    [InlineData(4, "defabc", 3, 2)]
    [InlineData(5, "adbecf", 2, 3)]
    [InlineData(6, "daebfc", 2, 3)]
    [InlineData(7, "fcebda", 2, 3)]
    [InlineData(8, "cfbead", 2, 3)]
    public void OrientationTurnsEveryModeAlike(int orientation, string expected, int width, int height)
    {
        foreach (ImageMode mode in (ImageMode[])[ImageMode.L, ImageMode.LA, ImageMode.RGB, ImageMode.RGBA])
        {
            int bytes = Image.BytesPerPixelOf(mode);
            byte[] pixels = [.. "abcdef".SelectMany(letter => Enumerable.Range(0, bytes).Select(c => (byte)(letter + (c * 32))))];
            Image turned = new Image(3, 2, mode, pixels) { Orientation = orientation }.Upright();
            (turned.Width, turned.Height, turned.Orientation).ShouldBe((width, height, 1));
            string.Concat(turned.Pixels.ToArray().Where((_, i) => i % bytes == 0).Select(b => (char)b)).ShouldBe(expected);
            turned.Pixels[^1].ShouldBe((byte)(expected[^1] + ((bytes - 1) * 32)));
        }
    }
}
