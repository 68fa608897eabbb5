using System.Globalization;
using System.Text.RegularExpressions;

namespace Sensorium.Cli.Verify;

/// <summary>A part of a tensor as case.json writes it: <c>pixel_values[:, :, 96:104] of [1, 3, 300, 300]</c>.</summary>
static partial class SliceExpression
{
    /// <summary>Cuts the part out.</summary>
    /// <exception cref="FormatException">The expression is not understood.</exception>
    public static Values Cut(string expression, Values whole)
    {
        Match match = Pattern().Match(expression);
        if (!match.Success)
        {
            throw new FormatException($"the slice '{expression}' is not understood");
        }

        string[] parts = match.Groups["parts"].Value.Split(',', StringSplitOptions.TrimEntries);
        var starts = new int[whole.Shape.Length];
        int[] sizes = [.. whole.Shape];
        for (int axis = 0; axis < parts.Length; axis++)
        {
            string[] ends = parts[axis].Split(':');
            starts[axis] = ends[0].Length == 0 ? 0 : int.Parse(ends[0], CultureInfo.InvariantCulture);
            int end = ends.Length == 1 ? starts[axis] + 1 : ends[1].Length == 0 ? whole.Shape[axis] : int.Parse(ends[1], CultureInfo.InvariantCulture);
            sizes[axis] = end - starts[axis];
        }

        return new Values([.. Walk(whole, starts, sizes, axis: 0, offset: 0)], sizes, whole.IsInteger);
    }

    static IEnumerable<double> Walk(Values whole, int[] starts, int[] sizes, int axis, int offset)
    {
        for (int i = starts[axis]; i < starts[axis] + sizes[axis]; i++)
        {
            int at = offset * whole.Shape[axis] + i;
            if (axis == sizes.Length - 1)
            {
                yield return whole.Data[at];
            }
            else
            {
                foreach (double value in Walk(whole, starts, sizes, axis + 1, at))
                {
                    yield return value;
                }
            }
        }
    }

    [GeneratedRegex(@"^\s*\w+\[(?<parts>[\d:,\s]+)\](\s+of\s+\[[\d,\s]+\])?\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
