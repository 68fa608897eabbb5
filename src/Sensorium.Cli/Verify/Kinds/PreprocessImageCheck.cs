using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Cli.Inspection;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Media.Images.Resizing;
using Sensorium.Models.Encoders;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>preprocess-image</c>: files through a model's processor.</summary>
sealed class PreprocessImageCheck : ICheckKind
{
    public string Kind => "preprocess-image";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        ImageProcessor processor = SettingsAlone(check) ?? OfModel(check, session);

        var pictures = new List<Values>();
        foreach (string file in check.Files)
        {
            (float[] rows, int width, int height) = processor.Process(ImageDecoder.DecodeFile(file));
            pictures.Add(Values.Of(rows, height * width, 3).ChannelsFirst(1, 3, height, width));
        }

        Values all = pictures.Count == 1 ? pictures[0] : new Values([.. pictures.SelectMany(p => p.Data)], [pictures.Count, .. pictures[0].Shape[1..]]);
        return FieldChecks.Compare(check, field => field == "pixel_values" ? all : null, judge: true);
    }

    static ImageProcessor OfModel(Check check, VerifySession session) => check.Json.TryGetProperty("options", out JsonElement _)
        ? throw new SkipException("options that override the settings of a whole model's processor are not built yet")
        : session.Model(check).Model switch
    {
        ComposedParts parts => parts.Encoders.First(e => string.Equals(e.Name, check.Component, StringComparison.Ordinal)).Encoder.Processor,
        Llava llava => llava.Vision.Processor,
        LlavaVision eyes => eyes.Processor,
        ContrastiveModel pairs => pairs.Vision.Processor,
        VisionEncoder encoder => encoder.Processor,
        object other => throw new SkipException($"{other.GetType().Name} has no picture processor"),
    };

    /// <summary>A bundle about a processor has its settings and no model.</summary>
    static ImageProcessor? SettingsAlone(Check check)
    {
        if (check.Bundle.FindModel(null) is not { } folder || File.Exists(Path.Combine(folder, "config.json")) || ConfigFile.Read(folder, "preprocessor_config.json") is not { } settings)
        {
            return null;
        }

        if (check.Json.TryGetProperty("options", out JsonElement options))
        {
            settings = Overridden(settings, options);
        }

        string type = settings.TryGetProperty("image_processor_type", out JsonElement named) ? named.ToString() : "";
        return ImageProcessors.SupportedTransformers.Contains(type, StringComparer.Ordinal)
            ? ImageProcessors.FromTransformers(settings, Path.Combine(folder, "preprocessor_config.json"), string.Equals(check.Text("backend"), "pil", StringComparison.Ordinal) ? ResizeBackend.Pillow13 : ResizeBackend.Torchvision)
            : throw new SkipException($"the processor '{type}' is not built yet");
    }

    /// <summary>The settings with those of a call in their place.</summary>
    static JsonElement Overridden(JsonElement settings, JsonElement options)
    {
        JsonObject merged = JsonObject.Create(settings)!;
        foreach (JsonProperty option in options.EnumerateObject())
        {
            merged[option.Name] = JsonNode.Parse(option.Value.GetRawText());
        }

        using JsonDocument document = JsonDocument.Parse(merged.ToJsonString());
        return document.RootElement.Clone();
    }
}
