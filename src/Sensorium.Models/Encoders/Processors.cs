using System.Text.Json;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>The picture processors that checkpoints of transformers carry.</summary>
static class Processors
{
    /// <summary>
    /// What the section of <c>processor_config.json</c> says, which transformers 5 writes, or <c>preprocessor_config.json</c>;
    /// else the reference's defaults for the family, at the model's own resolution.
    /// </summary>
    /// <param name="parts">The checkpoint's files.</param>
    /// <param name="type">The family's processor, for what the files leave out.</param>
    /// <param name="config">The model that will see the pictures.</param>
    /// <exception cref="CheckpointException">A file is broken.</exception>
    /// <exception cref="Media.MediaException">A setting is of the wrong kind, or not supported.</exception>
    public static ImageProcessor Read(IPartOpener parts, string type, VisionTransformerConfig config)
    {
        // The nested section first: transformers 5, ImageProcessingMixin.get_image_processor_dict (image_processing_base.py). Most
        // checkpoints have a processor_config.json, but only those saved lately have the section in it; the file beside it may be older.
        Config? settings = parts.Settings("processor_config.json")?.SectionOrNull("image_processor") ?? parts.Settings("preprocessor_config.json");
        if (settings is not null)
        {
            // The oldest files do not say whose they are.
            bool named = settings.Has("image_processor_type") || settings.Has("feature_extractor_type");
            ImageProcessor own = ImageProcessors.FromTransformers(named ? settings.Json : settings.WithDefaults(Named(type)).Json, settings.Source);
            (int across, int down) = own.OutputSize(config.ImageSize.Width, config.ImageSize.Height);
            return across >= config.PatchSize && down >= config.PatchSize
                ? own
                : throw settings.Bad(own.CropWidth > 0 ? "crop_size" : "size", $"makes pictures of {across} x {down} pixels, less than a patch of {config.PatchSize}");
        }

        (int height, int width) = config.ImageSize;
        using JsonDocument document = JsonDocument.Parse(Named(type));
        ImageProcessor processor = ImageProcessors.FromTransformers(document.RootElement, type);
        int shorter = Math.Max(height, width);
        return processor.Resize == ResizeRule.ShortestEdge
            ? processor with { ResizeWidth = shorter, ResizeHeight = shorter, CropWidth = width, CropHeight = height }
            : processor with { ResizeWidth = width, ResizeHeight = height };
    }

    static string Named(string type) => $"{{\"image_processor_type\": \"{type}\"}}";
}
