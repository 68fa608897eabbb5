using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>CLIP (Radford et al. 2021; transformers CLIPModel and its halves).</summary>
static class Clip
{
    // What CLIPVisionConfig, CLIPTextConfig and CLIPConfig have where a config leaves a key out.
    const string VisionDefaults = """
        {"hidden_size": 768, "intermediate_size": 3072, "projection_dim": 512, "num_hidden_layers": 12, "num_attention_heads": 12,
         "num_channels": 3, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
        """;

    const string TextDefaults = """
        {"vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "projection_dim": 512, "num_hidden_layers": 12,
         "num_attention_heads": 8, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "eos_token_id": 49407}
        """;

    // The published configs say 2, which is not the tokenizer's eos: then the highest id is meant, as in OpenAI's code.
    const int LegacyEos = 2;

    /// <summary>On the hub, towers by themselves have their prefix or not.</summary>
    public static NameTable HubNames { get; } = new(
        new NameRow("vision_model.{*}", "vision_model.{*}"),
        new NameRow("text_model.{*}", "text_model.{*}"),
        new NameRow("vision_model.{*}", "{*}"),
        new NameRow("text_model.{*}", "{*}"));

    /// <summary>Both halves.</summary>
    public static ContrastiveModel Build(Checkpoint at, Config json, IPartOpener parts)
    {
        int projectionDim = json.IntOr("projection_dim", 512);
        return new ContrastiveModel(
            Vision(at, json.Section("vision_config"), parts, projectionDim),
            Text(at, json.Section("text_config"), projectionDim),
            at,
            hasBias: false,
            Matching.BestText);
    }

    /// <summary>The pictures' half by itself, with its projection or without.</summary>
    public static VisionModel BuildVision(Checkpoint at, Config json, IPartOpener parts) => Vision(at, json, parts, Projects(at, json, "visual_projection"));

    /// <summary>The texts' half by itself, with its projection or without.</summary>
    public static TextModel BuildText(Checkpoint at, Config json) => Text(at, json, Projects(at, json, "text_projection"));

    /// <summary>How a vision tower is built, from its section of a config.</summary>
    public static VisionTransformerConfig VisionConfig(Config json) => new(json.WithDefaults(VisionDefaults))
    {
        PatchBias = false,
        HasPreNorm = true,
        Norm = FinalNorm.PooledRow,
    };

    static int? Projects(Checkpoint at, Config json, string name) =>
        (at.IsShapeOnly ? json.Has("architectures") && json.Strings("architectures").Any(a => a.EndsWith("WithProjection", StringComparison.Ordinal)) : at.Has($"{name}.weight"))
            ? json.IntOr("projection_dim", 512)
            : null;

    static VisionModel Vision(Checkpoint at, Config json, IPartOpener parts, int? projectionDim)
    {
        VisionTransformerConfig config = VisionConfig(json);
        ImageProcessor processor = Processors.Read(parts, "CLIPImageProcessor", config);
        var transformer = new VisionTransformer(at["vision_model"], config);
        return projectionDim is { } size
            ? new VisionModel(transformer, processor, new Linear(at["visual_projection"], config.Layer.HiddenSize, size, hasBias: false, outputsAre: nameof(projectionDim)), size)
            : new VisionModel(transformer, processor);
    }

    static TextModel Text(Checkpoint at, Config json, int? projectionDim)
    {
        json = json.WithDefaults(TextDefaults);
        int eos = json.Int("eos_token_id", least: 0);
        var config = new TextTransformerConfig(json)
        {
            IsCausal = true,
            PooledRow = eos == LegacyEos ? HighestId : ids => FirstOf(ids, eos),
        };
        var transformer = new TextTransformer(at["text_model"], config);
        return projectionDim is { } size
            ? new TextModel(transformer, new Linear(at["text_projection"], config.Layer.HiddenSize, size, hasBias: false, outputsAre: nameof(projectionDim)), size)
            : new TextModel(transformer, null, config.Layer.HiddenSize);
    }

    static int HighestId(IReadOnlyList<int> ids)
    {
        int best = 0;
        for (int i = 1; i < ids.Count; i++)
        {
            best = ids[i] > ids[best] ? i : best;
        }

        return best;
    }

    /// <summary>The first place of an id; 0 where it does not occur, as the reference has it.</summary>
    static int FirstOf(IReadOnlyList<int> ids, int id)
    {
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] == id)
            {
                return i;
            }
        }

        return 0;
    }
}
