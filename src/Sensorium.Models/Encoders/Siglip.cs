using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>SigLIP (Zhai et al. 2023; transformers SiglipModel and its halves).</summary>
static class Siglip
{
    // What SiglipVisionConfig and SiglipTextConfig have where a config leaves a key out; published configs leave out most.
    const string VisionDefaults = """
        {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "num_channels": 3,
         "image_size": 224, "patch_size": 16, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6}
        """;

    const string TextDefaults = """
        {"vocab_size": 32000, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
         "max_position_embeddings": 64, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6, "pad_token_id": 1}
        """;

    /// <summary>Both halves.</summary>
    public static ContrastiveModel Build(Checkpoint at, Config json, IPartOpener parts)
    {
        VisionModel vision = BuildVision(at, json.Section("vision_config"), parts);
        TextModel text = BuildText(at, json.Section("text_config"));
        return vision.Dimensions == text.Dimensions
            ? new ContrastiveModel(vision, text, at, hasBias: true, Matching.EachPair)
            : throw json.Bad("text_config.projection_size", $"is {text.Dimensions}, the pictures' vectors have {vision.Dimensions} numbers");
    }

    /// <summary>The pictures' half.</summary>
    public static VisionModel BuildVision(Checkpoint at, Config json, IPartOpener parts)
    {
        VisionTransformerConfig config = VisionConfig(json);
        ImageProcessor processor = Processors.Read(parts, "SiglipImageProcessor", config);
        return new VisionModel(new VisionTransformer(at["vision_model"], config), processor);
    }

    /// <summary>The texts' half: all rows see each other, the filling included, and the last one stands for the text.</summary>
    public static TextModel BuildText(Checkpoint at, Config json)
    {
        json = json.WithDefaults(TextDefaults);
        var config = new TextTransformerConfig(json)
        {
            PooledRow = ids => ids.Count - 1,
            FillId = json.IntOr("pad_token_id", 1, least: 0),
        };
        int projectionSize = json.IntOr("projection_size", config.Layer.HiddenSize);
        return new TextModel(
            new TextTransformer(at["text_model"], config),
            new Linear(at["text_model"]["head"], config.Layer.HiddenSize, projectionSize),
            projectionSize);
    }

    /// <summary>How a vision tower is built, from its section of a config.</summary>
    public static VisionTransformerConfig VisionConfig(Config json)
    {
        json = json.WithDefaults(VisionDefaults);
        return new VisionTransformerConfig(json)
        {
            HasClassToken = false,
            Norm = FinalNorm.AllRows,
            Pooling = json.Bool("vision_use_head", true) ? VisionPooling.Attention : VisionPooling.None,
        };
    }
}
