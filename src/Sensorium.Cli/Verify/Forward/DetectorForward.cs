using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Detectors;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A detector on a file: the maps of its body, what its heads say, and the boxes of some anchors.</summary>
static class DetectorForward
{
    public static IEnumerable<CheckRow> Run(Check check, SsdliteMobileNetV2 detector, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        FeatureMaps pixels = Pixels.Of(c, detector.Processor, ImageDecoder.DecodeFile(check.Files[0]));
        (Tensor encodingRows, Tensor logitRows) = detector.Raw(c, pixels);
        Values encodings = c.Values(encodingRows);
        Values logits = c.Values(logitRows);
        int[] rows = check.HasInput("rows") ? check.Input("rows").ToInts() : [];
        return
        [
            .. FieldChecks.Compare(
                check,
                field => field switch
                {
                    "box_encodings" => encodings,
                    "logits" => logits,
                    "row_box_encodings" => Pick(encodings, rows),
                    "row_logits" => Pick(logits, rows),
                    "row_boxes" => Boxes(detector.Anchors, rows, Pick(encodings, rows)),
                    _ => observed[field] is { } map ? ExpectedShapes.Maps(map, check.ShapeOf(field)) : null,
                },
                session.Judge),
        ];
    }

    /// <summary>The boxes that encodings tell of anchors, y_min x_min y_max x_max.</summary>
    public static Values Boxes(Anchors anchors, int[] rows, Values encodings)
    {
        var boxes = new double[rows.Length * 4];
        for (int i = 0; i < rows.Length; i++)
        {
            Box box = anchors.Decode(rows[i], Array.ConvertAll(encodings.Row(i), v => (float)v));
            double[] edges = [box.Top, box.Left, box.Bottom, box.Right];
            edges.CopyTo(boxes, i * 4);
        }

        return new Values(boxes, [rows.Length, 4]);
    }

    static Values Pick(Values matrix, int[] rows) => new([.. rows.SelectMany(matrix.Row)], [rows.Length, matrix.Shape[^1]]);
}
