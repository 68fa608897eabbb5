using Sensorium.Media.Images.Processing;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>A vision transformer as a model of its own, or as one half of a contrastive one: with its preprocessing and, where it has one, the projection into the shared space.</summary>
public class VisionModel : VisionEncoder, IEmbeds
{
    /// <param name="transformer">The transformer.</param>
    /// <param name="processor">How a picture becomes its pixels.</param>
    /// <param name="projection">From the pooled vector into a shared space; null where there is none.</param>
    /// <param name="dimensions">Numbers in a vector that <c>Vectors</c> gives.</param>
    public VisionModel(VisionTransformer transformer, ImageProcessor processor, Linear? projection = null, int? dimensions = null)
    {
        Transformer = transformer;
        Processor = processor;
        Projection = projection;
        Dimensions = dimensions ?? (transformer.PooledSize > 0 ? transformer.PooledSize : transformer.HiddenSize);
        Outputs = transformer.PooledSize > 0 ? ["grid", "pooled"] : ["grid"];
    }

    /// <summary>The transformer.</summary>
    public VisionTransformer Transformer { get; }

    /// <inheritdoc/>
    public override ImageProcessor Processor { get; }

    /// <summary>From the pooled vector into a shared space (<c>visual_projection</c>); null where there is none.</summary>
    public Linear? Projection { get; }

    /// <summary>Numbers in a vector that <c>Vectors</c> gives.</summary>
    public int Dimensions { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; }

    /// <summary>
    /// A vector of each picture, [pictures, <see cref="Dimensions"/>], of whatever length: pooled and projected; the mean of
    /// the patches where the model pools nothing.
    /// </summary>
    public Tensor Vectors(Compute c, FeatureMaps pixels) => Vectors(c, Transformer.Forward(c, pixels));

    /// <summary>The same, from the last layer's rows.</summary>
    public Tensor Vectors(Compute c, PatchRows rows)
    {
        if (Transformer.PooledSize == 0)
        {
            var lengths = new int[rows.Patches.Items.Length];
            for (int i = 0; i < lengths.Length; i++)
            {
                lengths[i] = rows.Patches.Items[i].Rows;
            }

            return c.MeanRows(rows.WithoutClassTokens(c), lengths);
        }

        Tensor pooled = Transformer.Pool(c, rows);
        return Projection?.Forward(c, pooled) ?? pooled;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderOutput> Encode(Compute c, FeatureMaps pixels, EncoderRequest request)
    {
        PatchRows rows = Transformer.Forward(c, pixels);
        var maps = new FeatureMaps(rows.WithoutClassTokens(c), rows.Patches);
        var outputs = new Dictionary<string, EncoderOutput>(StringComparer.Ordinal)
        {
            ["grid"] = new(c.AdaptiveAveragePool(maps, request.GridHeight, request.GridWidth).Rows, request.GridHeight * request.GridWidth),
        };
        if (Transformer.PooledSize > 0)
        {
            outputs["pooled"] = new(Transformer.Pool(c, rows), 1);
        }

        return outputs;
    }

    /// <inheritdoc/>
    public EmbeddingSystem ToEmbeddings(ModelFiles files, string identity) => new ContrastiveSystem(this, null, null, null, files.Path) { Name = files.Name, Identity = identity };
}

/// <summary>A vision transformer that sorts pictures into classes by its class token (transformers ViTForImageClassification).</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="processor">How a picture becomes its pixels.</param>
/// <param name="classifier">From the class token to logits.</param>
/// <param name="labels">The classes' names in the order of the logits.</param>
public sealed class VisionClassifier(VisionTransformer transformer, ImageProcessor processor, Linear classifier, IReadOnlyList<string> labels)
    : VisionModel(transformer, processor), IImageClassifier
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => labels;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = ["grid", "pooled", "logits"];

    /// <inheritdoc/>
    public Tensor Classify(Compute c, FeatureMaps pixels) => Classify(c, Transformer.Forward(c, pixels));

    /// <summary>The same, from the last layer's rows.</summary>
    public Tensor Classify(Compute c, PatchRows rows) => classifier.Forward(c, Transformer.ClassTokens(c, rows));

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderOutput> Encode(Compute c, FeatureMaps pixels, EncoderRequest request)
    {
        var outputs = new Dictionary<string, EncoderOutput>(base.Encode(c, pixels, request), StringComparer.Ordinal);
        outputs["logits"] = new(classifier.Forward(c, outputs["pooled"].Values), 1);
        return outputs;
    }
}
