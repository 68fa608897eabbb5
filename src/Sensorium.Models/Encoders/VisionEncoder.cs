using Sensorium.Media.Images.Processing;
using Sensorium.Tensors;

namespace Sensorium.Models.Encoders;

/// <summary>One of an encoder's results under its name: <c>[items · rows, channels]</c>, each item's rows end to end.</summary>
/// <param name="Values">The rows.</param>
/// <param name="RowsPerItem">Rows of one picture.</param>
public readonly record struct EncoderOutput(Tensor Values, int RowsPerItem);

/// <summary>What a composed model wants of an encoder.</summary>
/// <param name="Settings">The config's section that names the outputs; may be null.</param>
/// <param name="GridHeight">Rows of the pooled grid that the projector reads.</param>
/// <param name="GridWidth">Columns of it.</param>
public sealed record EncoderRequest(Config? Settings, int GridHeight, int GridWidth);

/// <summary>A model that turns pictures into vectors. Immutable once loaded.</summary>
public abstract class VisionEncoder
{
    /// <summary>How a picture becomes the encoder's pixels.</summary>
    public abstract ImageProcessor Processor { get; }

    /// <summary>The names that <see cref="Encode"/> gives.</summary>
    public abstract IReadOnlyList<string> Outputs { get; }

    /// <summary>Runs the encoder on preprocessed pictures.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pixels">Maps with 3 channels, as the processor makes them.</param>
    /// <param name="request">What is wanted.</param>
    public abstract IReadOnlyDictionary<string, EncoderOutput> Encode(Compute c, FeatureMaps pixels, EncoderRequest request);
}

/// <summary>An encoder that sorts pictures into classes.</summary>
public interface IImageClassifier
{
    /// <summary>The classes' names in the order of the logits.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>How a picture becomes the classifier's pixels.</summary>
    ImageProcessor Processor { get; }

    /// <summary>Logits, [pictures, classes].</summary>
    Tensor Classify(Compute c, FeatureMaps pixels);
}

/// <summary>Something seen in a picture.</summary>
/// <param name="ClassId">The detector's id of its class.</param>
/// <param name="Label">The class's name.</param>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Left">In pixels of the picture, may lie outside it.</param>
/// <param name="Top">In pixels.</param>
/// <param name="Right">In pixels.</param>
/// <param name="Bottom">In pixels.</param>
/// <param name="Anchor">Which of the detector's anchors saw it.</param>
public readonly record struct Detection(int ClassId, string Label, float Score, float Left, float Top, float Right, float Bottom, int Anchor);

/// <summary>Which detections count.</summary>
/// <param name="ScoreThreshold">Scores above this count.</param>
/// <param name="IouThreshold">A box that overlaps a better one by this much is dropped.</param>
/// <param name="MaxDetections">At most so many.</param>
public readonly record struct DetectionLimits(float ScoreThreshold, float IouThreshold, int MaxDetections);

/// <summary>An encoder that finds things and where they are.</summary>
public interface IObjectDetector
{
    /// <summary>How a picture becomes the detector's pixels.</summary>
    ImageProcessor Processor { get; }

    /// <summary>The checkpoint's own limits.</summary>
    DetectionLimits DefaultLimits { get; }

    /// <summary>Finds things in one picture.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pixels">One preprocessed picture.</param>
    /// <param name="width">The picture's own width in pixels.</param>
    /// <param name="height">The picture's own height in pixels.</param>
    /// <param name="limits">Which detections count.</param>
    IReadOnlyList<Detection> Detect(Compute c, FeatureMaps pixels, int width, int height, DetectionLimits limits);
}
