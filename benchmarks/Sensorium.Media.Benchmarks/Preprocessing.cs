using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Media.Benchmarks;

/// <summary>CLIP's preprocessing of a decoded photo of twelve megapixels to 336 × 336: resize, crop, scale, normalise.</summary>
static class Preprocessing
{
    const string Settings = """
        {
          "image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": {"shortest_edge": 336}, "resample": 3,
          "do_center_crop": true, "crop_size": {"height": 336, "width": 336}, "do_rescale": true, "do_normalize": true,
          "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]
        }
        """;

    public static string Measure(int rounds)
    {
        using JsonDocument json = JsonDocument.Parse(Settings);
        ImageProcessor processor = ImageProcessors.FromTransformers(json.RootElement, "benchmark", ResizeBackend.Pillow12);
        var photo = new Image(4000, 3000, ImageMode.RGB, "benchmark");
        var random = new Random(1);
        for (int y = 0; y < photo.Height; y++)
        {
            random.NextBytes(photo.Row(y));
        }

        double[] times = new double[rounds];
        for (int i = -8; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            processor.Process(photo);
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"4000 x 3000 to 336 x 336, resize and normalise: {times[rounds / 2]:F1} ms (median; best {times[0]:F1})");
    }
}
