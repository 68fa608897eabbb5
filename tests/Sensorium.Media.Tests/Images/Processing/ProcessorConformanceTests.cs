using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Media.Images.Resizing;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Processing;

public partial class ProcessorConformanceTests
{
    [Theory]
    [InlineData("processor-clip", 20)]
    [InlineData("processor-siglip", 16)]
    [InlineData("processor-vit", 12)]
    public void TransformersProcessorsGiveTheReferencesPixelValues(string name, int atLeast)
    {
        using Bundle bundle = Bundle.Open(name);
        string file = Path.Combine(bundle.Folder, "model", "preprocessor_config.json");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(file));
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement check in bundle.Checks)
        {
            ResizeBackend backend = check.GetProperty("backend").ValueEquals("pil") ? ResizeBackend.Pillow13 : ResizeBackend.Torchvision;
            ImageProcessor processor = ImageProcessors.FromTransformers(config.RootElement, file, backend);
            (float[] rows, _, _) = processor.Process(ImageDecoder.DecodeFile(bundle.FileOf(check.GetProperty("files")[0].GetString()!)!));
            float[] values = Close.ChannelsFirst(rows, 3);
            int[] indices = bundle.Input(check, "pixel_values.indices").Ints;
            JsonElement tolerance = check.GetProperty("tolerance").GetProperty("pixel_values.sample");
            double excess = Close.Excess(
                [.. indices.Select(i => values[i])],
                bundle.Expected(check, "pixel_values.sample").Floats,
                tolerance.GetProperty("atol").GetDouble(),
                tolerance.GetProperty("rtol").GetDouble());
            if (excess > 0)
            {
                wrong.Add($"{check.GetProperty("name")}: {excess} too far");
            }

            count++;
        }

        wrong.ShouldBeEmpty();
        count.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    [Theory]
    [InlineData("nano", 4)]
    [InlineData("vision-labels", 0)]
    [InlineData("ssdlite-coco", 0)]
    public void PublishedModelsGetTheReferencesPixelValues(string name, int atLeast)
    {
        using Bundle bundle = Bundle.Open(name);
        int count = 0;
        foreach (JsonElement check in bundle.Checks.Where(c => c.GetProperty("kind").ValueEquals("preprocess-image")))
        {
            if (bundle.FileOf(check.GetProperty("files")[0].GetString()!) is not { } file)
            {
                // The pictures of two bundles may not be carried here.
                continue;
            }

            bool objects = name == "ssdlite-coco" || (check.TryGetProperty("component", out JsonElement component) && component.ValueEquals("objects"));
            ImageProcessor processor = objects ? Ssdlite() : EfficientNet();
            (float[] rows, int width, int height) = processor.Process(ImageDecoder.DecodeFile(file));
            int[] slice = [.. Numbers().Matches(check.GetProperty("slice").GetString()!).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
            float[] values = Close.ChannelsFirst(rows, 3);
            float[] sliced = [.. Enumerable.Range(0, 3).SelectMany(c => values.Skip((c * width * height) + (slice[0] * width)).Take((slice[1] - slice[0]) * width))];
            Close.Excess(sliced, bundle.Expected(check, "pixel_values").Floats, 1e-4, 0).ShouldBeLessThanOrEqualTo(0, check.GetProperty("name").GetString());
            count++;
        }

        count.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    static ImageProcessor EfficientNet()
    {
        string file = TestFiles.Model("efficientnet-lite0", "config.json");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(file));
        return ImageProcessors.FromTimm(config.RootElement.GetProperty("pretrained_cfg"), file);
    }

    static ImageProcessor Ssdlite()
    {
        string file = TestFiles.Model("ssdlite-mobilenet-v2-coco", "config.json");
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(file));
        return ImageProcessors.FromTensorFlow(config.RootElement, file);
    }

    [GeneratedRegex("[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Numbers();
}
