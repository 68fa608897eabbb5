using System.Globalization;
using System.Text.Json;
using Sensorium.Cli.Inspection;
using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>accuracy</c>: how many pictures of a list a classifier gets right.</summary>
sealed class AccuracyCheck : ICheckKind
{
    public string Kind => "accuracy";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        ModelPart part = session.Model(check);
        if (part.Model is not IImageClassifier classifier)
        {
            throw new SkipException($"the accuracy of {part.Model.GetType().Name} is not built yet");
        }

        string list = check.Find(check.Text("file")!);
        string folder = Path.GetDirectoryName(list)!;
        string[] names = [.. ConfigFile.Read(part.Files.Folder, "config.json")!.Value.GetProperty("label_names").EnumerateArray().Select(n => n.GetString()!)];
        int pictures = 0;
        int first = 0;
        int five = 0;
        foreach (string line in File.ReadLines(list).Where(l => l.Length > 0))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            int expected = Array.IndexOf(names, row.RootElement.GetProperty("wordnet").GetString());
            Compute c = session.Compute;
            c.Reset();
            double[] logits = c.Values(classifier.Classify(c, Pixels.Of(c, classifier.Processor, ImageDecoder.DecodeFile(Path.Combine(folder, row.RootElement.GetProperty("image").GetString()!))))).Data;
            int better = logits.Count(l => l > logits[expected]);
            pictures++;
            first += better == 0 ? 1 : 0;
            five += better < 5 ? 1 : 0;
        }

        int tolerance = check.Whole("count_tolerance");
        yield return Count(check, "pictures", pictures, 0);
        yield return Count(check, "top1", first, tolerance);
        yield return Count(check, "top5", five, tolerance);
    }

    static CheckRow Count(Check check, string field, int actual, int tolerance)
    {
        int expected = check.Whole(field);
        int difference = Math.Abs(actual - expected);
        return new CheckRow(check.Name, field, difference <= tolerance ? Verdict.Passed : Verdict.Failed)
        {
            Absolute = difference,
            Allowed = tolerance.ToString(CultureInfo.InvariantCulture),
            Detail = string.Create(CultureInfo.InvariantCulture, $"{actual}, expected {expected}"),
        };
    }
}
