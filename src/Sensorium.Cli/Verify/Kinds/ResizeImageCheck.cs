using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>resize-image</c>: one resize, equal to the byte.</summary>
sealed class ResizeImageCheck : ICheckKind
{
    public string Kind => "resize-image";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        Values source = check.Input("image");
        ImageMode mode = Enum.Parse<ImageMode>(check.Text("mode")!);
        var image = new Image(source.Shape[1], source.Shape[0], mode, Array.ConvertAll(source.Data, v => (byte)v));
        int[] size = [.. check.Json.GetProperty("size").EnumerateArray().Select(v => v.GetInt32())];
        double? gap = check.Json.TryGetProperty("reducing_gap", out JsonElement given) ? given.GetDouble() : null;
        Image resized = image.Resize(size[1], size[0], Filter(check.Text("resample")!), Backend(check.Text("backend")!), Box(check), gap);
        double[] pixels = new double[resized.Pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = resized.Pixels[i];
        }

        var actual = new Values(pixels, [resized.Height, resized.Width, resized.BytesPerPixel], IsInteger: true);
        return FieldChecks.Compare(check, field => field == "image" ? actual : null, judge: true);
    }

    static ImageBox? Box(Check check)
    {
        if (!check.Json.TryGetProperty("box", out JsonElement json))
        {
            return null;
        }

        float[] edges = [.. json.EnumerateArray().Select(v => v.GetSingle())];
        return new ImageBox(edges[0], edges[1], edges[2], edges[3]);
    }

    static Resample Filter(string name) => Enum.TryParse(name, ignoreCase: true, out Resample filter) ? filter : throw new SkipException($"the filter '{name}' is not built yet");

    static ResizeBackend Backend(string name) => name switch
    {
        "pillow" => ResizeBackend.Pillow13,
        "pillow-12" => ResizeBackend.Pillow12,
        "torchvision" => ResizeBackend.Torchvision,
        _ => throw new SkipException($"the backend '{name}' is not built yet"),
    };
}
