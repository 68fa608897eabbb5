using System.Globalization;
using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>detect-objects</c>: files to boxes in pixels of the file, scores and names.</summary>
sealed class DetectObjectsCheck : ICheckKind
{
    public string Kind => "detect-objects";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        if (session.Model(check).Model is not IObjectDetector detector)
        {
            throw new SkipException("only detectors find things");
        }

        Image image = ImageDecoder.DecodeFile(check.Files[0]).Upright();
        var limits = new DetectionLimits((float)check.Number("score_threshold"), (float)check.Number("iou_threshold"), check.Whole("max_detections"));
        Compute c = session.Compute;
        c.Reset();
        IReadOnlyList<Detection> found = detector.Detect(c, Pixels.Of(c, detector.Processor, image), image.Width, image.Height, limits);
        JsonElement[] expected = [.. check.Json.GetProperty("expected_detections").EnumerateArray()];
        yield return FieldChecks.Sequence(
            check.Name,
            "detections",
            [.. found.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Label} ({d.ClassId}, anchor {d.Anchor})"))],
            expected.Select(e => $"{e.GetProperty("label").GetString()} ({e.GetProperty("id").GetInt32()}, anchor {e.GetProperty("anchor").GetInt32()})").ToList(),
            session.Judge);
        if (found.Count != expected.Length)
        {
            yield break;
        }

        yield return FieldChecks.Row(
            check.Name, "scores", new Values([.. found.Select(d => (double)d.Score)], [found.Count]),
            new Values([.. expected.Select(e => e.GetProperty("score").GetDouble())], [found.Count]), new Tolerance(check.Number("score_atol"), 0), session.Judge);
        yield return FieldChecks.Row(
            check.Name, "boxes", new Values([.. found.SelectMany(d => new double[] { d.Left, d.Top, d.Right, d.Bottom })], [found.Count, 4]),
            new Values([.. expected.SelectMany(e => e.GetProperty("box").EnumerateArray().Select(v => v.GetDouble()))], [found.Count, 4]), new Tolerance(check.Number("box_atol"), 0), session.Judge);
    }
}
