using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Projectors;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>
/// What LLaVA shows its language model: a vision tower, which of its hidden states are taken, and a projector (Liu et al.
/// 2023). It stands in a LLaVA checkpoint, or by itself in an mmproj file.
/// </summary>
public sealed class LlavaVision
{
    /// <param name="at">Holds <c>multi_modal_projector</c>.</param>
    /// <param name="json">LLaVA's config: <c>vision_feature_layer</c>, <c>projector_hidden_act</c> and so on.</param>
    /// <param name="tower">The vision tower.</param>
    /// <param name="features">Which hidden states are taken.</param>
    /// <param name="hiddenSize">The language model's channels.</param>
    /// <exception cref="CheckpointException">The config is broken.</exception>
    public LlavaVision(Checkpoint at, Config json, VisionModel tower, FeatureLayers features, int hiddenSize)
    {
        Tower = tower;
        Features = features;
        HiddenSize = hiddenSize;
        Checkpoint projector = at["multi_modal_projector"];
        bool hasBias = json.Bool("multimodal_projector_bias", true);
        int visionSize = tower.Transformer.HiddenSize * features.Count;
        var first = new Linear(projector["linear_1"], visionSize, hiddenSize, hasBias, "visionConfig.hiddenSize", "textConfig.hiddenSize");
        Projector = json.Bool("projector_is_linear", false)
            ? new LinearProjector(first)
            : new MlpProjector(
                first,
                new Linear(projector["linear_2"], hiddenSize, hiddenSize, hasBias, "textConfig.hiddenSize", "textConfig.hiddenSize"),
                Activations.Read(json, "projector_hidden_act", Activation.Gelu));
    }

    /// <summary>As a LLaVA checkpoint has it, with any vision tower that its <c>vision_config</c> names.</summary>
    /// <exception cref="CheckpointException">The config is broken, or names a vision tower that is none.</exception>
    public static LlavaVision Build(Checkpoint at, Config json, int hiddenSize, IPartOpener parts)
    {
        Config vision = json.Section("vision_config").WithDefaults("""{"model_type": "clip_vision_model"}""");
        Family family = Catalog.Find(vision);
        VisionModel tower = family.Build(at["vision_tower"], vision, parts) as VisionModel
            ?? throw vision.Bad("model_type", $"is a {family.Title}; LLaVA's vision tower is a vision transformer (clip_vision_model, siglip_vision_model)");
        return new LlavaVision(at, json, tower, FeatureLayers.Read(json, tower.Transformer.Config.NumHiddenLayers), hiddenSize);
    }

    /// <summary>The vision tower.</summary>
    public VisionModel Tower { get; }

    /// <summary>Which hidden states are taken.</summary>
    public FeatureLayers Features { get; }

    /// <summary>Into the language model's space.</summary>
    public RowProjector Projector { get; }

    /// <summary>The language model's channels.</summary>
    public int HiddenSize { get; }

    /// <summary>How a picture becomes the tower's pixels.</summary>
    public ImageProcessor Processor => Tower.Processor;

    /// <summary>Soft tokens of a picture.</summary>
    /// <param name="width">The upright picture's width in pixels.</param>
    /// <param name="height">Its height.</param>
    public int SoftTokens(int width, int height)
    {
        (int across, int down) = Processor.OutputSize(width, height);
        return SoftTokensOf(across, down);
    }

    /// <summary>Soft tokens of a preprocessed picture of this size in pixels.</summary>
    public int SoftTokensOf(int width, int height)
    {
        VisionTransformerConfig config = Tower.Transformer.Config;
        return (width / config.PatchSize) * (height / config.PatchSize) + config.ClassTokens - Features.Dropped;
    }

    /// <summary>Soft tokens of preprocessed pictures, end to end, [rows, hidden].</summary>
    public Tensor Forward(Compute c, FeatureMaps pixels) => Projector.Forward(c, Features.Forward(c, Tower.Transformer, pixels));
}
