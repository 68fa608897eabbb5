using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images;

public class ImageOpsTests
{
    [Fact]
    public void CropsPadsAndNormalisesAsTransformers()
    {
        using Bundle bundle = Bundle.Open("image-ops");
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement check in bundle.Checks)
        {
            string op = check.GetProperty("op").GetString()!;
            if (op is "center_crop" or "pad" or "rescale_normalize")
            {
                count++;
                if (!Passes(bundle, check, op))
                {
                    wrong.Add(check.GetProperty("name").GetString()!);
                }
            }
        }

        wrong.ShouldBeEmpty();
        count.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void TheShortestEdgeRoundsTheOtherDown()
    {
        using Bundle bundle = Bundle.Open("image-ops");
        JsonElement check = bundle.Checks.Single(c => c.GetProperty("op").ValueEquals("shortest_edge_size"));
        RawTensorData cases = bundle.Expected(check, "cases");
        long[] values = cases.Longs;
        for (int i = 0; i < values.Length; i += 5)
        {
            (long, long) size = ImageSizes.ShortestEdge((int)values[i + 1], (int)values[i], (int)values[i + 2]);
            size.ShouldBe((values[i + 4], values[i + 3]));
        }

        values.ShouldNotBeEmpty();
    }

    static bool Passes(Bundle bundle, JsonElement check, string op)
    {
        RawTensorData input = bundle.Input(check, "image");
        Image image = FromPlanes(input);
        RawTensorData expected = bundle.Expected(check, "image");
        bool torch = check.TryGetProperty("backend", out JsonElement backend) && backend.ValueEquals("torchvision");
        if (op == "rescale_normalize")
        {
            var normalization = new Normalization(
                check.GetProperty("rescale_factor").GetDouble(),
                Floats(check, "mean"),
                Floats(check, "std"),
                torch ? NormalizationArithmetic.TransformersTorch : NormalizationArithmetic.Transformers);
            var rows = new float[image.Pixels.Length];
            normalization.Apply(image, rows);
            return Close.Excess(Close.ChannelsFirst(rows, 3), expected.Floats, 1e-6, 1e-6) <= 0;
        }

        int[] size = [.. check.GetProperty("size").EnumerateArray().Select(s => s.GetInt32())];
        Image result = op == "pad"
            ? image.Pad(size[1], size[0])
            : image.CenterCrop(size[1], size[0], torch ? CenterCropRule.TransformersTorch : CenterCropRule.Transformers);
        return result.Pixels.SequenceEqual(FromPlanes(expected).Pixels);
    }

    static float[] Floats(JsonElement check, string key) => [.. check.GetProperty(key).EnumerateArray().Select(s => s.GetSingle())];

    static Image FromPlanes(RawTensorData planes)
    {
        (int channels, int height, int width) = ((int)planes.Shape[0], (int)planes.Shape[1], (int)planes.Shape[2]);
        channels.ShouldBe(3);
        var pixels = new byte[planes.Bytes.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = planes.Bytes[((i % 3) * height * width) + (i / 3)];
        }

        return new Image(width, height, ImageMode.RGB, pixels);
    }
}
