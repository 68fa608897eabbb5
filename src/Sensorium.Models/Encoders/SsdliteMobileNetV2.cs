using System.Globalization;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders.Detectors;
using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders;

/// <summary>
/// SSDLite on MobileNetV2 (Sandler et al. 2018, §6.2; TensorFlow's ssdlite_mobilenet_v2_coco): boxes and classes from six
/// maps of falling size. Body and extras have their norms multiplied in; depthwise convolutions have a scale of their own.
/// </summary>
public sealed class SsdliteMobileNetV2 : VisionEncoder, IObjectDetector
{
    readonly ConvUnit stem;
    readonly InvertedResidual[] blocks;
    readonly ConvUnit head;
    readonly ConvUnit[][] extras;
    readonly SsdHead[] boxHeads;
    readonly SsdHead[] classHeads;
    readonly int widenedBlock;
    readonly int[] namedClasses;
    readonly Dictionary<int, string> names = [];
    readonly string[] stages;

    /// <param name="at">The checkpoint's root: holds <c>backbone</c>, <c>extras</c>, <c>box_heads</c>, <c>class_heads</c>.</param>
    /// <param name="json">Its config.</param>
    public SsdliteMobileNetV2(Checkpoint at, Config json)
    {
        Checkpoint backbone = at["backbone"];
        Config stemConfig = json.Section("stem");
        int channels = stemConfig.Int("out_channels");
        stem = Unit(backbone["stem"], channels, json.Int("num_channels"), stemConfig.Int("kernel_size"), stemConfig.Int("stride"), Activation.Relu6);
        Config[] blockConfigs = json.Sections("blocks");
        blocks = new InvertedResidual[blockConfigs.Length];
        var wide = new int[blocks.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            int expand = blockConfigs[i].Int("expand");
            wide[i] = channels * expand;
            int outputs = blockConfigs[i].Int("out_channels");
            blocks[i] = Block(backbone["blocks"][i], channels, wide[i], outputs, blockConfigs[i].Int("stride"), expand > 1, blockConfigs[i].Bool("residual", false));
            channels = outputs;
        }

        int headChannels = json.Int("head_channels");
        head = Unit(backbone["head"], headChannels, channels, 1, 1, Activation.Relu6);
        extras = Extras(at["extras"], json.Sections("extras"), headChannels);
        Config[] maps = json.Sections("feature_maps");
        widenedBlock = WidenedBlock(maps, blocks.Length);
        int[] mapChannels = [wide[widenedBlock], headChannels, .. json.Sections("extras").Select(e => e.Int("out_channels"))];
        NumClasses = json.Int("num_classes");
        float epsilon = json.Float("head_norm_eps");
        boxHeads = Heads(at["box_heads"], maps, mapChannels, 4, epsilon);
        classHeads = Heads(at["class_heads"], maps, mapChannels, NumClasses, epsilon);
        Anchors = Anchors.Read(json);
        at.AllowUnused("anchors");
        namedClasses = ReadNames(json);
        Processor = ImageProcessors.FromTensorFlow(json.Json, json.Source);
        Config post = json.Section("postprocessing");
        DefaultLimits = new DetectionLimits(post.Float("score_threshold"), post.Float("iou_threshold"), post.Int("max_detections"));
        stages = [.. Enumerable.Range(0, blocks.Length).Select(i => $"block_{i}")];
    }

    /// <inheritdoc cref="VisionEncoder.Processor"/>
    public override ImageProcessor Processor { get; }

    /// <inheritdoc/>
    public DetectionLimits DefaultLimits { get; }

    /// <summary>Places and sizes that boxes are told against.</summary>
    public Anchors Anchors { get; }

    /// <summary>Logits of an anchor, the background included.</summary>
    public int NumClasses { get; }

    /// <summary>The class ids that have a name, ascending.</summary>
    public IReadOnlyList<int> NamedClasses => namedClasses;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs { get; } = ["score", "box", "count"];

    /// <summary>The six maps that the heads see.</summary>
    public FeatureMaps[] Maps(Compute c, FeatureMaps pixels)
    {
        var maps = new FeatureMaps[2 + extras.Length];
        FeatureMaps x = stem.Forward(c, pixels);
        c.Stage("stem", x.Rows);
        for (int i = 0; i < blocks.Length; i++)
        {
            if (i == widenedBlock)
            {
                FeatureMaps wide = blocks[i].Widen(c, x);
                Name(c, maps, 0, wide);
                x = blocks[i].Narrow(c, wide, x);
            }
            else
            {
                x = c.Run(blocks[i], x);
            }

            c.Stage(stages[i], x.Rows);
        }

        x = head.Forward(c, x);
        Name(c, maps, 1, x);
        for (int i = 0; i < extras.Length; i++)
        {
            foreach (ConvUnit unit in extras[i])
            {
                x = unit.Forward(c, x);
            }

            Name(c, maps, 2 + i, x);
        }

        return maps;
    }

    /// <summary>What the heads say of one picture: box encodings <c>[anchors, 4]</c> and logits <c>[anchors, classes]</c>.</summary>
    public (Tensor BoxEncodings, Tensor Logits) Raw(Compute c, FeatureMaps pixels)
    {
        if (pixels.Grid.Items.Length != 1)
        {
            throw new ArgumentException("one picture at a time", nameof(pixels));
        }

        FeatureMaps[] maps = Maps(c, pixels);
        var encodings = new Tensor[maps.Length];
        var logits = new Tensor[maps.Length];
        for (int i = 0; i < maps.Length; i++)
        {
            encodings[i] = boxHeads[i].Forward(c, maps[i], 4);
            logits[i] = classHeads[i].Forward(c, maps[i], NumClasses);
        }

        Tensor allEncodings = c.ConcatRows(encodings);
        return allEncodings.Rows == Anchors.Boxes.Length
            ? (allEncodings, c.ConcatRows(logits))
            : throw new ArgumentException($"the maps have {allEncodings.Rows} anchors, the config {Anchors.Boxes.Length}: the picture must have the config's image_size", nameof(pixels));
    }

    /// <inheritdoc/>
    public IReadOnlyList<Detection> Detect(Compute c, FeatureMaps pixels, int width, int height, DetectionLimits limits) =>
        Detections.Of(this, c, pixels).Agnostic(limits, width, height, id => names[id]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, EncoderOutput> Encode(Compute c, FeatureMaps pixels, EncoderRequest request)
    {
        Config count = request.Settings?.Section("count") ?? throw new ArgumentException("the composed model's config must say how objects are counted: outputs.count", nameof(request));
        (float[] score, float[] box, float[] counts) = Detections.Of(this, c, pixels).PerClass(count.Float("score_threshold"), count.Float("iou_threshold"));
        return new Dictionary<string, EncoderOutput>(StringComparer.Ordinal)
        {
            ["score"] = new(c.FromHost(score, 1, score.Length), 1),
            ["box"] = new(c.FromHost(box, score.Length, 4), score.Length),
            ["count"] = new(c.FromHost(counts, 1, counts.Length), 1),
        };
    }

    static void Name(Compute c, FeatureMaps[] maps, int index, FeatureMaps map)
    {
        maps[index] = map;
        c.Stage($"map_{index}", map.Rows);
    }

    static ConvUnit Unit(Checkpoint at, int outputs, int inputs, int kernel, int stride, Activation activation) => new(
        at.Weight("weight", WeightRole.Convolution, outputs, inputs, kernel, kernel),
        new Window(kernel, kernel, stride, Padding.Same),
        new Epilogue { Bias = at.Weight("bias", WeightRole.Vector, outputs), Activation = activation });

    static ConvUnit Depthwise(Checkpoint at, int channels, int stride) => new(
        at.Weight("weight", WeightRole.Convolution, channels, 1, 3, 3),
        new Window(3, 3, stride, Padding.Same),
        new Epilogue
        {
            Scale = at.Weight("scale", WeightRole.Vector, channels),
            Bias = at.Weight("bias", WeightRole.Vector, channels),
            Activation = Activation.Relu6,
        });

    static InvertedResidual Block(Checkpoint at, int inputs, int wide, int outputs, int stride, bool expands, bool residual) => new(
        expands ? Unit(at["expand"], wide, inputs, 1, 1, Activation.Relu6) : null,
        Depthwise(at["depthwise"], wide, stride),
        Unit(at["project"], outputs, wide, 1, 1, Activation.None),
        residual);

    static ConvUnit[][] Extras(Checkpoint at, Config[] configs, int channels)
    {
        var units = new ConvUnit[configs.Length][];
        for (int i = 0; i < units.Length; i++)
        {
            int reduce = configs[i].Int("reduce");
            int outputs = configs[i].Int("out_channels");
            units[i] =
            [
                Unit(at[i]["reduce"], reduce, channels, 1, 1, Activation.Relu6),
                Depthwise(at[i]["depthwise"], reduce, configs[i].Int("stride")),
                Unit(at[i]["project"], outputs, reduce, 1, 1, Activation.Relu6),
            ];
            channels = outputs;
        }

        return units;
    }

    static int WidenedBlock(Config[] maps, int blocks)
    {
        string source = maps.Length == 0 ? "" : maps[0].String("source");
        string[] parts = source.Split('.');
        return parts is ["blocks", _, "expand"] && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int block) && block < blocks
            ? block
            : throw maps[0].Bad("source", $"is '{source}', which is not supported; 'blocks.<n>.expand' is");
    }

    static SsdHead[] Heads(Checkpoint at, Config[] maps, int[] channels, int numbers, float epsilon)
    {
        if (maps.Length != channels.Length)
        {
            throw maps[0].Bad("source", $"and its kin list {maps.Length} feature maps, body and extras give {channels.Length}");
        }

        return [.. maps.Select((map, i) => new SsdHead(at[i], channels[i], map.Int("anchors_per_cell") * numbers, epsilon))];
    }

    int[] ReadNames(Config json)
    {
        foreach (System.Text.Json.JsonProperty property in json.Section("id2label").Properties)
        {
            if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= NumClasses)
            {
                throw json.Bad("id2label", $"has '{property.Name}', which is no id below num_classes {NumClasses}");
            }

            names[id] = property.Value.GetString() ?? "";
        }

        return [.. names.Keys.Order()];
    }
}

/// <summary>One of SSDLite's heads: a depthwise convolution with a batch norm, then a 1×1 convolution.</summary>
public sealed class SsdHead(Checkpoint at, int channels, int outputs, float epsilon)
{
    readonly ConvUnit depthwise = new(
        at["depthwise"].Weight("weight", WeightRole.Convolution, channels, 1, 3, 3),
        new Window(3, 3, 1, Padding.Same),
        new Epilogue { Norm = BatchNorm.Read(at["norm"], channels, epsilon), Activation = Activation.Relu6 });

    readonly ConvUnit predict = new(
        at["predict"].Weight("weight", WeightRole.Convolution, outputs, channels, 1, 1),
        new Window(1, 1),
        new Epilogue { Bias = at["predict"].Weight("bias", WeightRole.Vector, outputs) });

    /// <summary>The head's numbers, a row for each anchor: <c>[cells · shapes, numbers]</c>.</summary>
    public Tensor Forward(Compute c, FeatureMaps map, int numbers)
    {
        // A cell's channels are shape-major, so its row is its anchors end to end.
        Tensor rows = predict.Forward(c, depthwise.Forward(c, map)).Rows;
        return rows.Reshape(rows.Rows * (rows.Columns / numbers), numbers);
    }
}
