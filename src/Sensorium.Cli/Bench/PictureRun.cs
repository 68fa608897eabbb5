using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Bench;

/// <summary>What a model does with a picture, all of it.</summary>
/// <param name="Processor">What says the picture's size.</param>
/// <param name="Forward">From pixels to what the model gives.</param>
sealed record PictureRun(ImageProcessor Processor, Func<Compute, FeatureMaps, Tensor> Forward)
{
    /// <summary>Of a model; null where it takes no pictures by itself.</summary>
    public static PictureRun? Of(object model) => model switch
    {
        IImageClassifier classifier => new(classifier.Processor, classifier.Classify),
        SsdliteMobileNetV2 detector => new(detector.Processor, (c, pixels) => detector.Raw(c, pixels).Logits),
        VisionModel vision => new(vision.Processor, vision.Vectors),
        ContrastiveModel pairs => new(pairs.Vision.Processor, pairs.Vision.Vectors),
        LlavaVision eyes => new(eyes.Processor, eyes.Forward),
        _ => null,
    };

    /// <summary>Of an encoder of a composed model.</summary>
    public static PictureRun Of(NamedEncoder encoder) =>
        new(encoder.Encoder.Processor, (c, pixels) => encoder.Encoder.Encode(c, pixels, encoder.Request).Values.First().Values);
}
