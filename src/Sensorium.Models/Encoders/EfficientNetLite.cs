using System.Globalization;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>
/// EfficientNet-Lite in timm's layout (Tan and Le 2019; timm tf_efficientnet_lite0 to 4): MobileNetV2 blocks with ReLU6,
/// batch norm, TensorFlow's SAME padding and neither squeeze-and-excitation nor a scaled stem and head.
/// </summary>
public sealed class EfficientNetLite : VisionEncoder, IImageClassifier
{
    const float NormEpsilon = 1e-3f;
    const int StemChannels = 32;
    const int Features = 1280;

    // Repeats, kernel, stride, expansion, channels of each stage before scaling (timm _gen_efficientnet_lite).
    static readonly (int Repeats, int Kernel, int Stride, int Expansion, int Channels)[] Stages =
    [
        (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
    ];

    static readonly Dictionary<string, (double Width, double Depth)> Multipliers = new(StringComparer.Ordinal)
    {
        ["tf_efficientnet_lite0"] = (1.0, 1.0),
        ["tf_efficientnet_lite1"] = (1.0, 1.1),
        ["tf_efficientnet_lite2"] = (1.1, 1.2),
        ["tf_efficientnet_lite3"] = (1.2, 1.4),
        ["tf_efficientnet_lite4"] = (1.4, 1.8),
    };

    /// <summary>timm's names of the sizes.</summary>
    public static IEnumerable<string> Architectures => Multipliers.Keys;

    readonly ConvUnit stem;
    readonly InvertedResidual[][] stages;
    readonly ConvUnit head;
    readonly Linear classifier;
    readonly string[] stageNames;
    readonly string?[] featureNames;

    /// <param name="at">The checkpoint's root.</param>
    /// <param name="json">timm's config: <c>architecture</c>, <c>model_args</c>, <c>pretrained_cfg</c>.</param>
    public EfficientNetLite(Checkpoint at, Config json)
    {
        (double width, double depth) = Multiplied(json);
        int channels = StemChannels;
        stem = Unit(at, "conv_stem", "bn1", StemChannels, 3, 3, 2, Activation.Relu6);
        stages = new InvertedResidual[Stages.Length][];
        for (int i = 0; i < stages.Length; i++)
        {
            bool fixedDepth = i == 0 || i == Stages.Length - 1;
            stages[i] = Stage(at["blocks"][i], Stages[i], fixedDepth ? 1 : depth, RoundChannels(Stages[i].Channels * width), ref channels);
        }

        head = Unit(at, "conv_head", "bn2", Features, channels, 1, 1, Activation.Relu6);
        Labels = ReadLabels(json);
        classifier = new Linear(at["classifier"], Features, Labels.Count);
        at.AllowUnused("*num_batches_tracked");
        Processor = ImageProcessors.FromTimm(json.Section("pretrained_cfg").Json, json.Source);
        stageNames = [.. Enumerable.Range(0, stages.Length).Select(i => $"stage_{i}")];
        featureNames = new string?[stages.Length];
        for (int i = 0, n = 0; i < stages.Length; i++)
        {
            // The last map of each resolution is what timm calls a feature.
            featureNames[i] = i + 1 == stages.Length || Stages[i + 1].Stride == 2 ? $"features_{n++}" : null;
        }
    }

    /// <inheritdoc/>
    public override ImageProcessor Processor { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = ["pooled", "grid", "logits"];

    /// <summary>The feature map after the head, [cells, 1280].</summary>
    public FeatureMaps Map(Compute c, FeatureMaps pixels)
    {
        FeatureMaps x = c.Run(stem, pixels);
        c.Stage("stem", x.Rows);
        for (int i = 0; i < stages.Length; i++)
        {
            foreach (InvertedResidual block in stages[i])
            {
                x = c.Run(block, x);
            }

            c.Stage(stageNames[i], x.Rows);
            if (featureNames[i] is { } feature)
            {
                c.Stage(feature, x.Rows);
            }
        }

        x = c.Run(head, x);
        c.Stage("head", x.Rows);
        return x;
    }

    /// <inheritdoc/>
    public Tensor Classify(Compute c, FeatureMaps pixels) => classifier.Forward(c, Pool(c, Map(c, pixels)));

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderOutput> Encode(Compute c, FeatureMaps pixels, EncoderRequest request)
    {
        FeatureMaps map = Map(c, pixels);
        Tensor pooled = Pool(c, map);
        return new Dictionary<string, EncoderOutput>(StringComparer.Ordinal)
        {
            ["pooled"] = new(pooled, 1),
            ["grid"] = new(c.AdaptiveAveragePool(map, request.GridHeight, request.GridWidth).Rows, request.GridHeight * request.GridWidth),
            ["logits"] = new(classifier.Forward(c, pooled), 1),
        };
    }

    static Tensor Pool(Compute c, FeatureMaps map) => c.AdaptiveAveragePool(map, 1, 1).Rows;

    static InvertedResidual[] Stage(
        Checkpoint at, (int Repeats, int Kernel, int Stride, int Expansion, int Channels) stage, double depth, int outputs, ref int channels)
    {
        var blocks = new InvertedResidual[Math.Max(1, (int)Math.Ceiling(stage.Repeats * depth))];
        for (int i = 0; i < blocks.Length; i++)
        {
            int stride = i == 0 ? stage.Stride : 1;
            blocks[i] = Block(at[i], stage.Kernel, stride, stage.Expansion, channels, outputs);
            channels = outputs;
        }

        return blocks;
    }

    static InvertedResidual Block(Checkpoint at, int kernel, int stride, int expansion, int inputs, int outputs)
    {
        bool residual = inputs == outputs && stride == 1;
        if (expansion == 1)
        {
            return new InvertedResidual(
                null,
                Unit(at, "conv_dw", "bn1", inputs, 1, kernel, stride, Activation.Relu6),
                Unit(at, "conv_pw", "bn2", outputs, inputs, 1, 1, Activation.None),
                residual);
        }

        int wide = RoundChannels(inputs * expansion);
        return new InvertedResidual(
            Unit(at, "conv_pw", "bn1", wide, inputs, 1, 1, Activation.Relu6),
            Unit(at, "conv_dw", "bn2", wide, 1, kernel, stride, Activation.Relu6),
            Unit(at, "conv_pwl", "bn3", outputs, wide, 1, 1, Activation.None),
            residual);
    }

    static ConvUnit Unit(Checkpoint at, string conv, string norm, int outputs, int inputs, int kernel, int stride, Activation activation) => new(
        at[conv].Weight("weight", WeightRole.Convolution, outputs, inputs, kernel, kernel),
        new Window(kernel, kernel, stride, Padding.Same),
        new Epilogue { Norm = BatchNorm.Read(at[norm], outputs, NormEpsilon), Activation = activation });

    /// <summary>To the nearest multiple of 8, but never more than a tenth down (timm make_divisible).</summary>
    static int RoundChannels(double channels)
    {
        int rounded = Math.Max(8, (int)(channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    static (double Width, double Depth) Multiplied(Config json)
    {
        string architecture = json.String("architecture");
        if (!Multipliers.TryGetValue(architecture, out (double Width, double Depth) known))
        {
            throw json.Bad("architecture", $"is '{architecture}', which is not supported; {string.Join(", ", Multipliers.Keys)} are");
        }

        return json.SectionOrNull("model_args") is { } args
            ? (args.Double("channel_multiplier", known.Width), args.Double("depth_multiplier", known.Depth))
            : known;
    }

    static string[] ReadLabels(Config json)
    {
        int classes = json.Int("num_classes");
        if (!json.Has("label_names"))
        {
            return [.. Enumerable.Range(0, classes).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        }

        string[] names = json.Strings("label_names");
        if (names.Length != classes)
        {
            throw json.Bad("label_names", $"has {names.Length} names for num_classes {classes}");
        }

        Config? descriptions = json.SectionOrNull("label_descriptions");
        return descriptions is null ? names : [.. names.Select(n => descriptions.String(n, n))];
    }
}
