using System.Globalization;

namespace Sensorium.Cli.Verify;

/// <summary>How close a field must be: |a − e| ≤ Atol + Rtol·|e| for every element.</summary>
public readonly record struct Tolerance(double Atol, double Rtol)
{
    /// <summary>Equal.</summary>
    public static Tolerance None => default;

    /// <inheritdoc/>
    public override string ToString() =>
        this == None ? "equal"
        : Rtol == 0 ? string.Create(CultureInfo.InvariantCulture, $"{Atol:0.##e+0}")
        : string.Create(CultureInfo.InvariantCulture, $"{Atol:0.##e+0} + {Rtol:0.##e+0}·|e|");
}

/// <summary>The distance between what was computed and what was expected.</summary>
/// <param name="LargestAbsolute">The largest |a − e|.</param>
/// <param name="LargestRelative">The largest |a − e| / |e|, over elements that are not 0.</param>
/// <param name="IsWithin">Whether every element is within its tolerance.</param>
/// <param name="FirstOutside">Where the first element outside is, and both numbers; null where none is.</param>
public sealed record Comparison(double LargestAbsolute, double LargestRelative, bool IsWithin, string? FirstOutside)
{
    /// <summary>Compares element by element. A NaN is outside, unless one is expected.</summary>
    public static Comparison Of(Values actual, Values expected, Tolerance tolerance)
    {
        if (actual.Count != expected.Count || !SameShape(actual.Shape, expected.Shape))
        {
            return new Comparison(double.NaN, double.NaN, IsWithin: false, $"the shape is [{string.Join(", ", actual.Shape)}]");
        }

        double absolute = 0;
        double relative = 0;
        int first = -1;
        for (int i = 0; i < expected.Count; i++)
        {
            double e = expected.Data[i];
            double a = actual.Data[i];
            if (a.Equals(e))
            {
                continue;
            }

            double difference = Math.Abs(a - e);
            double allowed = expected.IsInteger ? 0 : tolerance.Atol + tolerance.Rtol * Math.Abs(e);
            absolute = Larger(absolute, difference);
            relative = e == 0 ? relative : Larger(relative, difference / Math.Abs(e));
            if (first < 0 && !(difference <= allowed))
            {
                first = i;
            }
        }

        return new Comparison(absolute, relative, first < 0, first < 0 ? null : Show(first, actual, expected));
    }

    /// <summary>NaN is larger than everything.</summary>
    static double Larger(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b);

    /// <summary>Sizes of 1 do not count: a reference keeps or drops the batch as it likes.</summary>
    static bool SameShape(int[] a, int[] b) => a.Where(n => n != 1).SequenceEqual(b.Where(n => n != 1));

    static string Show(int index, Values actual, Values expected)
    {
        var place = new int[expected.Shape.Length];
        int rest = index;
        for (int axis = place.Length - 1; axis >= 0; axis--)
        {
            place[axis] = rest % expected.Shape[axis];
            rest /= expected.Shape[axis];
        }

        return string.Create(CultureInfo.InvariantCulture, $"at [{string.Join(", ", place)}]: {actual.Data[index]:g9}, expected {expected.Data[index]:g9}");
    }
}
