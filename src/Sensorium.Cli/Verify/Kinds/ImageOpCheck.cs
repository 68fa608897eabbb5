using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>image-op</c>: one step of picture handling: a crop from the middle, padding, scaling and normalising, the size after a resize.</summary>
sealed class ImageOpCheck : ICheckKind
{
    public string Kind => "image-op";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        bool torch = check.Text("backend") is "torchvision";
        return check.Text("op") switch
        {
            "center_crop" => Pixels(check, image => image.CenterCrop(Size(check).Width, Size(check).Height, torch ? CenterCropRule.TransformersTorch : CenterCropRule.Transformers)),
            "pad" => Pixels(check, image => image.Pad(Size(check).Width, Size(check).Height)),
            "rescale_normalize" => Normalized(check, torch ? NormalizationArithmetic.TransformersTorch : NormalizationArithmetic.Transformers),
            "shortest_edge_size" => ShortestEdge(check),
            string other => throw new SkipException($"the step '{other}' is not built yet"),
            null => throw new FormatException($"{check.Name} names no op"),
        };
    }

    static IEnumerable<CheckRow> Pixels(Check check, Func<Image, Image> op)
    {
        Image result = op(Source(check));
        var rows = new Values([.. result.Pixels.ToArray().Select(b => (double)b)], [result.Width * result.Height, 3], IsInteger: true);
        Values planes = rows.ChannelsFirst(1, 3, result.Height, result.Width).As(3, result.Height, result.Width);
        return FieldChecks.Compare(check, field => field == "image" ? planes : null, judge: true);
    }

    static IEnumerable<CheckRow> Normalized(Check check, NormalizationArithmetic arithmetic)
    {
        Image image = Source(check);
        var rows = new float[image.Width * image.Height * 3];
        new Normalization(check.Number("rescale_factor", 1), Numbers(check, "mean"), Numbers(check, "std"), arithmetic).Apply(image, rows);
        Values planes = Values.Of(rows, image.Width * image.Height, 3).ChannelsFirst(1, 3, image.Height, image.Width).As(3, image.Height, image.Width);
        return FieldChecks.Compare(check, field => field == "image" ? planes : null, judge: true);
    }

    /// <summary>Rows of height, width, edge, new height, new width.</summary>
    static IEnumerable<CheckRow> ShortestEdge(Check check)
    {
        Values cases = check.ExpectedTensor("cases");
        var rows = new List<int>();
        for (int i = 0; i < cases.Shape[0]; i++)
        {
            int[] row = Array.ConvertAll(cases.Row(i), v => (int)v);
            (int width, int height) = ImageSizes.ShortestEdge(row[1], row[0], row[2]);
            rows.AddRange([row[0], row[1], row[2], height, width]);
        }

        return FieldChecks.Compare(check, field => field == "cases" ? Values.OfIntegers(rows, cases.Shape) : null, judge: true);
    }

    /// <summary>The input, [channels, height, width], as a picture.</summary>
    static Image Source(Check check)
    {
        Values planes = check.Input("image");
        (int height, int width) = (planes.Shape[1], planes.Shape[2]);
        var pixels = new byte[planes.Count];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)planes.Data[i % 3 * height * width + i / 3];
        }

        return new Image(width, height, ImageMode.RGB, pixels);
    }

    static (int Height, int Width) Size(Check check)
    {
        int[] size = [.. check.Json.GetProperty("size").EnumerateArray().Select(v => v.GetInt32())];
        return (size[0], size[1]);
    }

    static float[] Numbers(Check check, string key) => check.Json.TryGetProperty(key, out JsonElement list) ? [.. list.EnumerateArray().Select(v => v.GetSingle())] : [];
}
