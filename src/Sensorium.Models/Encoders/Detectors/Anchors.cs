namespace Sensorium.Models.Encoders.Detectors;

/// <summary>SSD's anchors and how boxes are told relative to them (Liu et al. 2016, §2.2; TensorFlow's ssd_anchor_generator and faster_rcnn_box_coder).</summary>
public sealed class Anchors
{
    readonly Box[] boxes;
    readonly float[] scaleFactors;

    Anchors(Box[] boxes, float[] scaleFactors)
    {
        this.boxes = boxes;
        this.scaleFactors = scaleFactors;
    }

    /// <summary>The anchors: maps in order, within a map rows, then columns, then shapes.</summary>
    public ReadOnlySpan<Box> Boxes => boxes;

    /// <summary>Makes the anchors of a config's <c>anchors</c> and <c>box_coder</c>.</summary>
    public static Anchors Read(Config config)
    {
        Config rule = config.Section("anchors");
        if (rule.String("rule") != "ssd_anchor_generator")
        {
            throw rule.Bad("rule", $"is '{rule.String("rule")}', which is not supported; ssd_anchor_generator is");
        }

        int[] grids = rule.Ints("grids");
        double least = rule.Double("min_scale");
        double most = rule.Double("max_scale");
        float[] ratios = rule.Floats("aspect_ratios");
        double first = rule.Double("first_layer_scale");
        var made = new List<Box>();
        for (int layer = 0; layer < grids.Length; layer++)
        {
            if (grids[layer] is < 1 or > 4096)
            {
                throw rule.Bad("grids", $"has a grid of {grids[layer]} cells; 1 to 4096 are possible");
            }

            Fill(made, grids[layer], Shapes(layer, grids.Length, least, most, first, ratios));
        }

        int count = rule.Int("count");
        if (made.Count != count)
        {
            throw rule.Bad("count", $"is {count}, but the rule gives {made.Count} anchors");
        }

        float[] factors = config.Section("box_coder").Floats("scale_factors");
        return factors.Length == 4 ? new Anchors([.. made], factors) : throw config.Bad("box_coder.scale_factors", "must be four numbers");
    }

    /// <summary>The box that an encoding (ty, tx, th, tw) tells of an anchor; not clipped.</summary>
    public Box Decode(int anchor, ReadOnlySpan<float> encoding)
    {
        Box a = boxes[anchor];
        float height = a.Bottom - a.Top;
        float width = a.Right - a.Left;
        float centreY = encoding[0] / scaleFactors[0] * height + (a.Top + a.Bottom) / 2;
        float centreX = encoding[1] / scaleFactors[1] * width + (a.Left + a.Right) / 2;
        float halfHeight = MathF.Exp(encoding[2] / scaleFactors[2]) * height / 2;
        float halfWidth = MathF.Exp(encoding[3] / scaleFactors[3]) * width / 2;
        return new Box(centreY - halfHeight, centreX - halfWidth, centreY + halfHeight, centreX + halfWidth);
    }

    static List<(double Scale, double Ratio)> Shapes(int layer, int layers, double least, double most, double first, float[] ratios)
    {
        double scale = Scale(layer);
        if (layer == 0)
        {
            return [(first, 1), (scale, 2), (scale, 0.5)];
        }

        var shapes = new List<(double, double)>();
        foreach (float ratio in ratios)
        {
            shapes.Add((scale, ratio));
        }

        double next = layer + 1 < layers ? Scale(layer + 1) : 1.0;
        shapes.Add((Math.Sqrt(scale * next), 1));
        return shapes;

        double Scale(int k) => layers == 1 ? least : least + (most - least) * k / (layers - 1);
    }

    static void Fill(List<Box> boxes, int grid, List<(double Scale, double Ratio)> shapes)
    {
        for (int y = 0; y < grid; y++)
        {
            for (int x = 0; x < grid; x++)
            {
                foreach ((double scale, double ratio) in shapes)
                {
                    double height = scale / Math.Sqrt(ratio);
                    double width = scale * Math.Sqrt(ratio);
                    double centreY = (y + 0.5) / grid;
                    double centreX = (x + 0.5) / grid;
                    boxes.Add(new Box(
                        (float)(centreY - height / 2), (float)(centreX - width / 2), (float)(centreY + height / 2), (float)(centreX + width / 2)));
                }
            }
        }
    }
}
