using System.Globalization;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>ViT (Dosovitskiy et al. 2021; transformers ViTModel, ViTForImageClassification).</summary>
static class Vit
{
    const string Defaults = """
        {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
         "layer_norm_eps": 1e-12, "image_size": 224, "patch_size": 16, "num_channels": 3, "qkv_bias": true, "pooler_act": "tanh"}
        """;

    /// <summary>On the hub: BERT's words, and <c>vit.</c> before all where something stands on the transformer.</summary>
    public static NameTable HubNames { get; } = new([.. Rows("vit."), .. Rows("")]);

    public static VisionModel Build(Checkpoint at, Config json, IPartOpener parts)
    {
        json = json.WithDefaults(Defaults);
        bool classifies = at.IsShapeOnly ? json.Has("architectures") && json.Strings("architectures").Contains("ViTForImageClassification", StringComparer.Ordinal) : at.Has("classifier.weight");
        bool pools = !classifies && at.Has("pooler.dense.weight");
        var config = new VisionTransformerConfig(json);
        config = config with
        {
            Layer = config.Layer with { QkvBias = json.Bool("qkv_bias", true) },
            Pooling = pools ? VisionPooling.DenseClassToken : VisionPooling.ClassToken,
            PoolerSize = json.IntOr("pooler_output_size", config.Layer.HiddenSize),
            PoolerAct = Activations.Read(json, "pooler_act"),
        };
        ImageProcessor processor = Processors.Read(parts, "ViTImageProcessor", config);
        var transformer = new VisionTransformer(at, config);
        if (!classifies)
        {
            return new VisionModel(transformer, processor);
        }

        string[] labels = Labels(json);

        // Classifiers that were made of pretrained models may still hold the pooler, which they do not use.
        at.AllowUnused("pooler.dense.*");
        return new VisionClassifier(transformer, processor, new Linear(at["classifier"], config.Layer.HiddenSize, labels.Length, outputsAre: "id2label"), labels);
    }

    /// <summary><c>id2label</c>, from 0 on; else numbers.</summary>
    static string[] Labels(Config json)
    {
        if (json.SectionOrNull("id2label") is not { } names)
        {
            return [.. Enumerable.Range(0, json.IntOr("num_labels", 2, most: 1 << 20)).Select(i => $"LABEL_{i}")];
        }

        int count = names.Properties.Count();
        return [.. Enumerable.Range(0, count).Select(i => names.String(i.ToString(CultureInfo.InvariantCulture)))];
    }

    static NameRow[] Rows(string prefix) =>
    [
        new("embeddings.class_embedding", $"{prefix}embeddings.cls_token", TensorTransform.Boxed(2)),
        new("embeddings.position_embedding.weight", $"{prefix}embeddings.position_embeddings", TensorTransform.Boxed(1)),
        new("embeddings.patch_embedding.{*}", $"{prefix}embeddings.patch_embeddings.projection.{{*}}"),
        new("encoder.layers.{n}.layer_norm1.{*}", $"{prefix}encoder.layer.{{n}}.layernorm_before.{{*}}"),
        new("encoder.layers.{n}.self_attn.q_proj.{*}", $"{prefix}encoder.layer.{{n}}.attention.attention.query.{{*}}"),
        new("encoder.layers.{n}.self_attn.k_proj.{*}", $"{prefix}encoder.layer.{{n}}.attention.attention.key.{{*}}"),
        new("encoder.layers.{n}.self_attn.v_proj.{*}", $"{prefix}encoder.layer.{{n}}.attention.attention.value.{{*}}"),
        new("encoder.layers.{n}.self_attn.out_proj.{*}", $"{prefix}encoder.layer.{{n}}.attention.output.dense.{{*}}"),
        new("encoder.layers.{n}.layer_norm2.{*}", $"{prefix}encoder.layer.{{n}}.layernorm_after.{{*}}"),
        new("encoder.layers.{n}.mlp.fc1.{*}", $"{prefix}encoder.layer.{{n}}.intermediate.dense.{{*}}"),
        new("encoder.layers.{n}.mlp.fc2.{*}", $"{prefix}encoder.layer.{{n}}.output.dense.{{*}}"),
        new("post_layernorm.{*}", $"{prefix}layernorm.{{*}}"),
        new("pooler.{*}", $"{prefix}pooler.{{*}}"),
    ];
}
