namespace Sensorium.Media.Images.Resizing;

/// <summary>The filter functions, in float64 and in the order of operations that Pillow has.</summary>
static class ResampleFilters
{
    /// <summary>How far a filter reaches, in its own units.</summary>
    public static double Support(Resample filter) => filter switch
    {
        Resample.Box => 0.5,
        Resample.Bilinear or Resample.Hamming => 1.0,
        Resample.Bicubic => 2.0,
        Resample.Lanczos => 3.0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "This filter has no weights."),
    };

    public static double Weight(Resample filter, double x) => filter switch
    {
        Resample.Box => x is > -0.5 and <= 0.5 ? 1.0 : 0.0,
        Resample.Bilinear => Math.Abs(x) < 1.0 ? 1.0 - Math.Abs(x) : 0.0,
        Resample.Hamming => Hamming(Math.Abs(x)),
        Resample.Bicubic => Bicubic(Math.Abs(x)),
        Resample.Lanczos => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "This filter has no weights."),
    };

    static double Hamming(double x)
    {
        if (x == 0.0)
        {
            return 1.0;
        }

        if (x >= 1.0)
        {
            return 0.0;
        }

        x *= Math.PI;
        return Math.Sin(x) / x * (0.54 + (0.46 * Math.Cos(x)));
    }

    static double Bicubic(double x)
    {
        const double a = -0.5;
        return x < 1.0 ? ((((a + 2.0) * x) - (a + 3.0)) * x * x) + 1
            : x < 2.0 ? ((((x - 5) * x) + 8) * x - 4) * a
            : 0.0;
    }

    static double Sinc(double x)
    {
        if (x == 0.0)
        {
            return 1.0;
        }

        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
