using Sensorium.Cli.Verify.Forward;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Detectors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>anchors</c>: the boxes that a detector's config makes.</summary>
sealed class AnchorsCheck : ICheckKind
{
    public string Kind => "anchors";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        Anchors anchors = Detector(check, session).Anchors;
        var edges = new double[anchors.Boxes.Length * 4];
        for (int i = 0; i < anchors.Boxes.Length; i++)
        {
            Box box = anchors.Boxes[i];
            double[] own = [box.Top, box.Left, box.Bottom, box.Right];
            own.CopyTo(edges, i * 4);
        }

        var values = new Values(edges, [anchors.Boxes.Length, 4]);
        return FieldChecks.Compare(check, field => field == "anchors" ? values : null, judge: true);
    }

    /// <summary>The detector of a check.</summary>
    public static SsdliteMobileNetV2 Detector(Check check, VerifySession session) =>
        session.Model(check).Model as SsdliteMobileNetV2 ?? throw new SkipException("only SSD detectors have anchors");
}

/// <summary><c>decode-boxes</c>: boxes from encodings of given anchors.</summary>
sealed class DecodeBoxesCheck : ICheckKind
{
    public string Kind => "decode-boxes";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        Values boxes = DetectorForward.Boxes(AnchorsCheck.Detector(check, session).Anchors, check.Input("rows").ToInts(), check.Input("box_encodings"));
        return FieldChecks.Compare(check, field => field == "boxes" ? boxes : null, judge: true);
    }
}

/// <summary><c>nms</c>: which boxes suppression keeps, in order.</summary>
sealed class NonMaximumSuppressionCheck : ICheckKind
{
    public string Kind => "nms";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        Values boxes = check.Input("boxes");
        float[] scores = check.Input("scores").ToFloats();
        Box[] all = [.. Enumerable.Range(0, scores.Length).Select(i => Edges(boxes.Row(i)))];
        List<int> kept = NonMaximumSuppression.Keep(all, scores, (float)check.Number("score_threshold"), inclusive: false, (float)check.Number("iou_threshold"), check.Whole("max_detections"));
        return FieldChecks.Compare(check, field => field == "indices" ? Values.OfIntegers(kept, kept.Count) : null, judge: true);
    }

    static Box Edges(double[] row) => new((float)row[0], (float)row[1], (float)row[2], (float)row[3]);
}
