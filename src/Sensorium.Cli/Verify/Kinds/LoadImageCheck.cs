using Sensorium.Media;
using Sensorium.Media.Images;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>load-image</c>: a file decoded, turned upright and converted to other modes.</summary>
sealed class LoadImageCheck : ICheckKind
{
    public string Kind => "load-image";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        if (check.Json.TryGetProperty("frame", out System.Text.Json.JsonElement frame) && frame.GetInt32() > 0)
        {
            throw new SkipException("later frames of animated files are not built yet");
        }

        Image image = Decode(check.Files[0]);
        Image upright = check.Text("orientation") is null ? image.Upright() : image;
        return FieldChecks.Compare(check, field => Convert(upright, field), judge: true);
    }

    static Image Decode(string file)
    {
        try
        {
            return ImageDecoder.DecodeFile(file);
        }
        catch (MediaException e) when (e.Kind == MediaErrorKind.Unsupported)
        {
            throw new SkipException($"{Path.GetExtension(file)} files are not built yet");
        }
    }

    static Values? Convert(Image image, string form)
    {
        Image? converted = form switch
        {
            "RGB" => image.ToRgb(),
            "RGBA" => image.ToRgba(),
            "L" => image.ToGrey(),
            "RGB-over-white" => image.ToRgbOverWhite(),
            _ => null,
        };
        return converted is null ? null : new Values([.. converted.Pixels.ToArray().Select(b => (double)b)], [converted.Height, converted.Width, converted.BytesPerPixel]);
    }
}
