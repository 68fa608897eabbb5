using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Resizing;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Resizing;

public class ResizeConformanceTests
{
    [Fact]
    public void EveryTierGivesPillowsAndTorchvisionsBytes()
    {
        using Bundle bundle = Bundle.Open("resize-pillow");
        var wrong = new List<string>();
        int count = 0;
        foreach (JsonElement check in bundle.Checks)
        {
            Image source = bundle.Input(check, "image").AsImage(Enum.Parse<ImageMode>(check.GetProperty("mode").GetString()!));
            RawTensorData expected = bundle.Expected(check, "image");
            int[] size = [.. check.GetProperty("size").EnumerateArray().Select(s => s.GetInt32())];
            float[]? box = check.TryGetProperty("box", out JsonElement b) ? [.. b.EnumerateArray().Select(s => s.GetSingle())] : null;
            double? gap = check.TryGetProperty("reducing_gap", out JsonElement g) ? g.GetDouble() : null;
            foreach (ResizeTier tier in ResizeKernels.Available)
            {
                Image result = ImageResizer.Resize(
                    source,
                    size[1],
                    size[0],
                    Enum.Parse<Resample>(check.GetProperty("resample").GetString()!, ignoreCase: true),
                    check.GetProperty("backend").GetString() switch { "pillow" => ResizeBackend.Pillow13, "pillow-12" => ResizeBackend.Pillow12, _ => ResizeBackend.Torchvision },
                    box is null ? null : new ImageBox(box[0], box[1], box[2], box[3]),
                    gap,
                    tier);
                int different = result.Pixels.ToArray().Zip(expected.Bytes).Count(p => p.First != p.Second);
                if (different > 0 || result.Pixels.Length != expected.Bytes.Length)
                {
                    wrong.Add($"{check.GetProperty("name")} ({tier}): {different} of {expected.Bytes.Length} bytes differ");
                }
            }

            count++;
        }

        wrong.ShouldBeEmpty();
        count.ShouldBeGreaterThan(130);
    }
}
