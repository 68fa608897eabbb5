using System.Text.Json.Nodes;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>
/// LLaVA's vision tower and projector in a file of their own, as llama.cpp has them (<c>mmproj-*.gguf</c>, projector type
/// <c>mlp</c>). What its metadata does not say is read off its tensors. The class token stands first, as LLaVA was trained,
/// though llama.cpp puts it last.
/// </summary>
static class Mmproj
{
    const string Tower = "vision_tower.vision_model.";

    /// <summary>The file's words; the oldest converters gave the two halves of an MLP each other's names.</summary>
    public static GgufForm Gguf { get; } = new("clip", json => Names(json.Bool("mlp_names_are_swapped", false))) { ProjectorType = "mlp", Complete = Complete };

    public static LlavaVision Build(Checkpoint at, Config json)
    {
        FeatureLayers features = FeatureLayers.Read(json, json.Int("num_hidden_layers", most: 4096));
        var config = new VisionTransformerConfig(json)
        {
            // Layers that nothing is taken from are not loaded.
            NumHiddenLayers = features.Deepest,
            PatchBias = json.Bool("patch_bias", false),
            HasClassToken = json.Bool("has_class_token", true),
            HasPreNorm = json.Bool("has_pre_norm", true),
            Norm = FinalNorm.None,
            Pooling = VisionPooling.None,
        };
        for (int i = features.Deepest; i < json.Int("num_hidden_layers"); i++)
        {
            at.AllowUnused($"v.blk.{i}.*");
        }

        at.AllowUnused("v.post_ln.*");
        var tower = new VisionModel(new VisionTransformer(at["vision_tower"]["vision_model"], config), Processor(json, config));
        return new LlavaVision(at, json, tower, features, json.Int("text_hidden_size"));
    }

    static ImageProcessor Processor(Config json, VisionTransformerConfig config)
    {
        float[] mean = Channels(json, "image_mean");
        return new ImageProcessor
        {
            Color = ColorRule.RgbOverWhite,
            SquareColor = ImageProcessors.MeanColor(mean),
            Resize = ResizeRule.Exact,
            ResizeWidth = config.ImageSize.Width,
            ResizeHeight = config.ImageSize.Height,
            Mean = mean,
            Std = Channels(json, "image_std") is var std && std.All(s => s > 0) ? std : throw json.Bad("image_std", "must hold positive numbers"),
        };
    }

    static float[] Channels(Config json, string key) =>
        json.Floats(key) is { Length: 3 } values && values.All(float.IsFinite) ? values : throw json.Bad(key, "must hold three numbers");

    static void Complete(JsonObject json, GgufMetadata metadata, TensorSource source)
    {
        foreach ((string own, string theirs) in Keys)
        {
            json[own] = metadata.TryGet($"clip.vision.{theirs}", out GgufValue? value) ? GgufConfig.Json(value) : null;
        }

        json["num_channels"] = 3;
        bool hasClassToken = source.TryGet("v.class_embd", out _);
        json["has_class_token"] = hasClassToken;
        json["has_pre_norm"] = source.TryGet("v.pre_ln.weight", out _);
        json["patch_bias"] = source.TryGet("v.patch_embd.bias", out _);
        json["vision_feature_select_strategy"] = hasClassToken ? "default" : "full";

        // SigLIP's GELU is the one with tanh.
        json["hidden_act"] = metadata.Flag("clip.use_silu") == true ? "silu"
            : metadata.Flag("clip.use_gelu") == true ? hasClassToken ? "gelu" : "gelu_pytorch_tanh"
            : "quick_gelu";
        json["projector_is_linear"] = !source.TryGet("mm.2.weight", out RawTensor? last);
        json["multimodal_projector_bias"] = source.TryGet("mm.0.bias", out RawTensor? _);
        if (last is not null || source.TryGet("mm.0.weight", out last))
        {
            json["text_hidden_size"] = last.Shape.Length == 2 ? last.Shape[0] : 0;
        }

        json["mlp_names_are_swapped"] = source.TryGet("v.blk.0.ffn_down.bias", out RawTensor? down) && source.TryGet("v.blk.0.ffn_up.bias", out RawTensor? up)
            && down.Elements != up.Elements && down.Elements == metadata.Integer("clip.vision.feed_forward_length");
    }

    static NameTable Names(bool swapped) => new(
        new NameRow(Tower + "embeddings.class_embedding", "v.class_embd"),
        new NameRow(Tower + "embeddings.patch_embedding.{*}", "v.patch_embd.{*}"),
        new NameRow(Tower + "embeddings.position_embedding.{*}", "v.position_embd.{*}"),
        new NameRow(Tower + "pre_layrnorm.{*}", "v.pre_ln.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.layer_norm1.{*}", "v.blk.{n}.ln1.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.layer_norm2.{*}", "v.blk.{n}.ln2.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.self_attn.q_proj.{*}", "v.blk.{n}.attn_q.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.self_attn.k_proj.{*}", "v.blk.{n}.attn_k.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.self_attn.v_proj.{*}", "v.blk.{n}.attn_v.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.self_attn.out_proj.{*}", "v.blk.{n}.attn_out.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.mlp.fc1.{*}", swapped ? "v.blk.{n}.ffn_down.{*}" : "v.blk.{n}.ffn_up.{*}"),
        new NameRow(Tower + "encoder.layers.{n}.mlp.fc2.{*}", swapped ? "v.blk.{n}.ffn_up.{*}" : "v.blk.{n}.ffn_down.{*}"),
        new NameRow("multi_modal_projector.linear_1.{*}", "mm.0.{*}"),
        new NameRow("multi_modal_projector.linear_2.{*}", "mm.2.{*}"));

    // The last layer is not run unless the file says which are: it is LLaVA's -2.
    static (string Own, string Theirs)[] Keys =>
    [
        ("hidden_size", "embedding_length"),
        ("intermediate_size", "feed_forward_length"),
        ("num_hidden_layers", "block_count"),
        ("num_attention_heads", "attention.head_count"),
        ("layer_norm_eps", "attention.layer_norm_epsilon"),
        ("image_size", "image_size"),
        ("patch_size", "patch_size"),
        ("image_mean", "image_mean"),
        ("image_std", "image_std"),
        ("vision_feature_layer", "feature_layer"),
    ];
}
