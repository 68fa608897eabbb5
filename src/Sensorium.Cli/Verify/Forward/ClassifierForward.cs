using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A classifier on <c>pixel_values</c> or on files: its logits and the maps that it names on the way.</summary>
static class ClassifierForward
{
    public static IEnumerable<CheckRow> Run(Check check, IImageClassifier classifier, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        Values logits;
        if (check.HasInput("pixel_values"))
        {
            logits = c.Values(classifier.Classify(c, PixelValues.Of(c, check.Input("pixel_values"))));
        }
        else
        {
            logits = Stack(check.Files.Select(file =>
            {
                c.Reset();
                return c.Values(classifier.Classify(c, Pixels.Of(c, classifier.Processor, ImageDecoder.DecodeFile(file))));
            }));
        }

        return
        [
            .. FieldChecks.Compare(
                check,
                field => field == "logits" ? logits : observed[field] is { } map ? ExpectedShapes.Maps(map, check.ShapeOf(field)) : null,
                session.Judge),
            .. TopFive(check, logits, session.Judge),
        ];
    }

    /// <summary>Rows of several pictures, one under the other.</summary>
    static Values Stack(IEnumerable<Values> rows)
    {
        Values[] all = [.. rows];
        return new Values([.. all.SelectMany(v => v.Data)], [all.Length, all[0].Count]);
    }

    static IEnumerable<CheckRow> TopFive(Check check, Values logits, bool judge)
    {
        if (!check.Json.TryGetProperty("top5", out System.Text.Json.JsonElement top))
        {
            yield break;
        }

        int[] expected = [.. top.EnumerateArray().SelectMany(JsonIds.Of)];
        int[] actual =
        [
            .. Enumerable.Range(0, logits.Shape[0]).SelectMany(row =>
                logits.Row(row).Select((value, index) => (value, index)).OrderByDescending(p => p.value).Take(5).Select(p => p.index)),
        ];
        yield return FieldChecks.Sequence(check.Name, "top5", actual, expected, judge);
    }
}

/// <summary>Reference pixels as maps.</summary>
static class PixelValues
{
    /// <summary><c>[items, channels, height, width]</c> to maps, channels last.</summary>
    public static FeatureMaps Of(Compute c, Values pixels)
    {
        int items = pixels.Shape[0];
        int channels = pixels.Shape[1];
        int cells = pixels.Shape[2] * pixels.Shape[3];
        var rows = new float[pixels.Count];
        for (int item = 0; item < items; item++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                for (int cell = 0; cell < cells; cell++)
                {
                    rows[(item * cells + cell) * channels + channel] = (float)pixels.Data[(item * channels + channel) * cells + cell];
                }
            }
        }

        var sizes = new (int, int, int)[items];
        Array.Fill(sizes, (1, pixels.Shape[2], pixels.Shape[3]));
        return new FeatureMaps(c.FromHost(rows, items * cells, channels), new Grid(sizes));
    }
}
