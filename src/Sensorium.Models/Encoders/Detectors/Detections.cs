using Sensorium.Tensors;

namespace Sensorium.Models.Encoders.Detectors;

/// <summary>What a detector's heads said of one picture, read on the host: scores of the named classes and decoded boxes.</summary>
public sealed class Detections
{
    readonly float[] scores;
    readonly Box[] boxes;
    readonly IReadOnlyList<int> classes;

    /// <param name="scores">[anchors, named classes], from 0 to 1.</param>
    /// <param name="boxes">One an anchor, not clipped.</param>
    /// <param name="classes">The named classes' ids.</param>
    public Detections(float[] scores, Box[] boxes, IReadOnlyList<int> classes)
    {
        this.scores = scores;
        this.boxes = boxes;
        this.classes = classes;
    }

    /// <summary>Runs the detector on one picture.</summary>
    public static Detections Of(SsdliteMobileNetV2 detector, Compute c, FeatureMaps pixels)
    {
        (Tensor encodings, Tensor logits) = detector.Raw(c, pixels);
        int anchors = (int)logits.Rows;
        var told = new float[anchors * 4];
        var raw = new float[anchors * detector.NumClasses];
        c.Read(encodings, told);
        c.Read(c.Activate(logits, Activation.Sigmoid), raw);
        IReadOnlyList<int> named = detector.NamedClasses;
        var likely = new float[anchors * named.Count];
        var decoded = new Box[anchors];
        for (int anchor = 0; anchor < anchors; anchor++)
        {
            decoded[anchor] = detector.Anchors.Decode(anchor, told.AsSpan(anchor * 4, 4));
            for (int i = 0; i < named.Count; i++)
            {
                likely[anchor * named.Count + i] = raw[anchor * detector.NumClasses + named[i]];
            }
        }

        return new Detections(likely, decoded, named);
    }

    /// <summary>An anchor's best class suppresses every other that it overlaps, whatever its class.</summary>
    /// <param name="limits">Which detections count.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="name">A class id's name.</param>
    public IReadOnlyList<Detection> Agnostic(DetectionLimits limits, int width, int height, Func<int, string> name)
    {
        var best = new int[boxes.Length];
        var bestScores = new float[boxes.Length];
        for (int anchor = 0; anchor < boxes.Length; anchor++)
        {
            ReadOnlySpan<float> row = scores.AsSpan(anchor * classes.Count, classes.Count);
            for (int i = 1; i < row.Length; i++)
            {
                best[anchor] = row[i] > row[best[anchor]] ? i : best[anchor];
            }

            bestScores[anchor] = row[best[anchor]];
        }

        return
        [
            .. NonMaximumSuppression.Keep(boxes, bestScores, limits.ScoreThreshold, inclusive: false, limits.IouThreshold, limits.MaxDetections)
                .Select(anchor =>
                {
                    Box box = boxes[anchor];
                    int id = classes[best[anchor]];
                    return new Detection(id, name(id), bestScores[anchor], box.Left * width, box.Top * height, box.Right * width, box.Bottom * height, anchor);
                }),
        ];
    }

    /// <summary>
    /// For each named class its best score, that anchor's box clipped to the picture as centre x, centre y, width, height,
    /// and how many boxes suppression within the class keeps.
    /// </summary>
    /// <param name="scoreThreshold">The least score that is counted.</param>
    /// <param name="iouThreshold">The overlap that drops a box.</param>
    public (float[] Score, float[] Box, float[] Count) PerClass(float scoreThreshold, float iouThreshold)
    {
        int count = classes.Count;
        var score = new float[count];
        var box = new float[count * 4];
        var counts = new float[count];
        var column = new float[boxes.Length];
        for (int i = 0; i < count; i++)
        {
            int best = 0;
            for (int anchor = 0; anchor < boxes.Length; anchor++)
            {
                column[anchor] = scores[anchor * count + i];
                best = column[anchor] > column[best] ? anchor : best;
            }

            Box clipped = boxes[best].Clipped();
            score[i] = column[best];
            box[i * 4] = (clipped.Left + clipped.Right) / 2;
            box[i * 4 + 1] = (clipped.Top + clipped.Bottom) / 2;
            box[i * 4 + 2] = clipped.Right - clipped.Left;
            box[i * 4 + 3] = clipped.Bottom - clipped.Top;
            counts[i] = NonMaximumSuppression.Keep(boxes, column, scoreThreshold, inclusive: true, iouThreshold, int.MaxValue).Count;
        }

        return (score, box, counts);
    }
}
