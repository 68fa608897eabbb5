namespace Sensorium.Tensors.Scalar;

/// <summary>The complementary error function in float64, which .NET does not have.</summary>
static class ErrorFunction
{
    /// <summary>erfc(x) = 1 - erf(x), to a relative error of about 1e-13 (Abramowitz and Stegun 7.1.6 and 7.1.14).</summary>
    public static double Complement(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x < 0)
        {
            return 2 - Complement(-x);
        }

        return x < 2 ? 1 - Series(x) : Fraction(x);
    }

    static double Series(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    static double Fraction(double x)
    {
        if (x > 27)
        {
            return 0;
        }

        double tail = x;
        for (int n = 100; n > 0; n--)
        {
            tail = x + n / 2.0 / tail;
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / tail;
    }
}
