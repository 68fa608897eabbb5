using System.Globalization;

namespace Sensorium.Cli.Verify;

/// <summary>Compares the fields of a check with what was computed, whether they are stored whole, as a slice or as a digest.</summary>
static class FieldChecks
{
    static readonly string[] DigestParts = [".sample", ".shape", ".mean", ".std", ".sum"];

    /// <summary>A row for every expected field.</summary>
    /// <param name="check">The check.</param>
    /// <param name="actual">What was computed under a field's name; null where nothing of that name is computed here.</param>
    /// <param name="judge">False: distances are shown without a verdict.</param>
    public static IEnumerable<CheckRow> Compare(Check check, Func<string, Values?> actual, bool judge)
    {
        foreach (string field in check.ExpectedFields)
        {
            string tensor = DigestParts.FirstOrDefault(part => field.EndsWith(part, StringComparison.Ordinal)) is { } suffix ? field[..^suffix.Length] : field;
            Values? computed = actual(tensor);
            yield return computed is null
                ? new CheckRow(check.Name, field, Verdict.Skipped) { Detail = $"the output '{tensor}' is not built yet" }
                : One(check, field, tensor, computed, judge);
        }
    }

    /// <summary>The row of one comparison.</summary>
    public static CheckRow Row(string check, string field, Values actual, Values expected, Tolerance tolerance, bool judge)
    {
        Comparison comparison = Comparison.Of(actual, expected, tolerance);
        return new CheckRow(check, field, !judge ? Verdict.Shown : comparison.IsWithin ? Verdict.Passed : Verdict.Failed)
        {
            Shape = $"[{string.Join(", ", expected.Shape)}]",
            Absolute = comparison.LargestAbsolute,
            Relative = comparison.LargestRelative,
            Allowed = expected.IsInteger ? Tolerance.None.ToString() : tolerance.ToString(),
            Detail = comparison.FirstOutside ?? "",
        };
    }

    /// <summary>The row of one comparison of ids or text: the first difference.</summary>
    public static CheckRow Sequence<T>(string check, string field, IReadOnlyList<T> actual, IReadOnlyList<T> expected, bool judge)
    {
        int same = 0;
        while (same < actual.Count && same < expected.Count && EqualityComparer<T>.Default.Equals(actual[same], expected[same]))
        {
            same++;
        }

        bool equal = same == actual.Count && same == expected.Count;
        return new CheckRow(check, field, !judge ? Verdict.Shown : equal ? Verdict.Passed : Verdict.Failed)
        {
            Shape = string.Create(CultureInfo.InvariantCulture, $"[{expected.Count}]"),
            Allowed = Tolerance.None.ToString(),
            Detail = equal ? "" : string.Create(CultureInfo.InvariantCulture, $"at {same}: {At(actual, same)}, expected {At(expected, same)}"),
        };
    }

    /// <summary>The row of a comparison of text.</summary>
    public static CheckRow Text(string check, string field, string actual, string expected, bool judge)
    {
        int same = 0;
        while (same < actual.Length && same < expected.Length && actual[same] == expected[same])
        {
            same++;
        }

        bool equal = same == actual.Length && same == expected.Length;
        return new CheckRow(check, field, !judge ? Verdict.Shown : equal ? Verdict.Passed : Verdict.Failed)
        {
            Allowed = Tolerance.None.ToString(),
            Detail = equal ? "" : string.Create(CultureInfo.InvariantCulture, $"at character {same}: {Around(actual, same)}, expected {Around(expected, same)}"),
        };
    }

    static string At<T>(IReadOnlyList<T> list, int index) => index < list.Count ? list[index]?.ToString() ?? "null" : "the end";

    static string Around(string text, int index)
    {
        int start = Math.Max(0, index - 8);
        return "'" + text[start..Math.Min(text.Length, index + 16)].ReplaceLineEnds() + "'";
    }

    static string ReplaceLineEnds(this string text) => text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    static CheckRow One(Check check, string field, string tensor, Values computed, bool judge)
    {
        Values expected = check.ExpectedTensor(field);
        Values found = field[tensor.Length..] switch
        {
            "" => check.Text("slice") is { } slice ? SliceExpression.Cut(slice, computed) : computed,
            ".sample" => Sample(computed, check.Input(tensor + ".indices")),
            ".shape" => Values.OfIntegers(computed.Shape, computed.Shape.Length),
            ".mean" => Number(computed.Data.Average()),
            ".std" => Number(Deviation(computed.Data)),
            ".sum" => Number(computed.Data.Sum()),
            _ => throw new InvalidOperationException(field),
        };
        return Row(check.Name, field, found, expected, check.Tolerance(field), judge);
    }

    static Values Number(double value) => new([value], []);

    static Values Sample(Values whole, Values indices) => new([.. indices.ToInts().Select(i => whole.Data[i])], indices.Shape);

    static double Deviation(double[] data)
    {
        double mean = data.Average();
        return Math.Sqrt(data.Sum(v => (v - mean) * (v - mean)) / data.Length);
    }
}
