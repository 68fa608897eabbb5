using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Floats as C's printf and Python's format write them: rounded from the exact binary value, ties to even.</summary>
internal static class FloatFormat
{
    /// <summary>%f: the digits of the absolute value with <paramref name="precision"/> places.</summary>
    public static string Fixed(double value, int precision)
    {
        var digits = RoundScaled(Math.Abs(value), precision).ToString(CultureInfo.InvariantCulture);
        if (precision == 0)
            return digits;
        if (digits.Length <= precision)
            digits = digits.PadLeft(precision + 1, '0');
        return string.Concat(digits.AsSpan(0, digits.Length - precision), ".", digits.AsSpan(digits.Length - precision));
    }

    /// <summary>%e: one digit before the point, <paramref name="precision"/> after it.</summary>
    public static string Scientific(double value, int precision, char letter)
    {
        var (digits, exponent) = Significant(Math.Abs(value), precision + 1);
        var builder = new StringBuilder(precision + 8);
        builder.Append(digits[0]);
        if (precision > 0)
            builder.Append('.').Append(digits, 1, precision);
        AppendExponent(builder, exponent, letter);
        return builder.ToString();
    }

    /// <summary>%g: fixed or scientific, whichever fits, without trailing zeros unless <paramref name="keepZeros"/>.</summary>
    public static string General(double value, int precision, char letter, bool keepZeros)
    {
        precision = Math.Max(precision, 1);
        var (digits, exponent) = Significant(Math.Abs(value), precision);
        if (!keepZeros)
            digits = digits.TrimEnd('0');
        if (digits.Length == 0)
            digits = "0";
        var builder = new StringBuilder();
        if (exponent < -4 || exponent >= precision)
            AppendScientific(builder, digits, exponent, letter);
        else
            AppendFixed(builder, digits, exponent);
        return builder.ToString();
    }

    /// <summary>Python's round(value, places).</summary>
    public static double Round(double value, int places)
    {
        if (!double.IsFinite(value) || places > 330)
            return value;
        if (places < -310)
            return Math.CopySign(0, value);
        if (places >= 0)
            return double.Parse((value < 0 ? "-" : "") + Fixed(value, places), CultureInfo.InvariantCulture);
        var scale = BigInteger.Pow(10, -places);
        var (mantissa, shift) = Decompose(Math.Abs(value));
        var rounded = shift >= 0
            ? DivideToEven(mantissa << shift, scale)
            : DivideToEven(mantissa, scale << -shift);
        return Math.CopySign((double)(rounded * scale), value);
    }

    public static void AppendFixed(StringBuilder builder, string digits, int exponent)
    {
        if (exponent < 0)
        {
            builder.Append("0.").Append('0', -exponent - 1).Append(digits);
            return;
        }
        if (digits.Length <= exponent + 1)
        {
            builder.Append(digits).Append('0', exponent + 1 - digits.Length);
            return;
        }
        builder.Append(digits, 0, exponent + 1).Append('.').Append(digits, exponent + 1, digits.Length - exponent - 1);
    }

    public static void AppendScientific(StringBuilder builder, string digits, int exponent, char letter)
    {
        builder.Append(digits[0]);
        if (digits.Length > 1)
            builder.Append('.').Append(digits, 1, digits.Length - 1);
        AppendExponent(builder, exponent, letter);
    }

    static void AppendExponent(StringBuilder builder, int exponent, char letter)
    {
        builder.Append(letter).Append(exponent < 0 ? '-' : '+');
        var size = Math.Abs(exponent);
        if (size < 10)
            builder.Append('0');
        builder.Append(size);
    }

    /// <summary>value · 10^places as an integer, exact and then rounded half to even.</summary>
    static BigInteger RoundScaled(double value, int places)
    {
        var (mantissa, shift) = Decompose(value);
        var scaled = mantissa * BigInteger.Pow(10, places);
        return shift >= 0 ? scaled << shift : DivideToEven(scaled, BigInteger.One << -shift);
    }

    /// <summary>The first <paramref name="count"/> significant digits and the power of ten of the first.</summary>
    static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
            return (new string('0', count), 0);
        var (mantissa, shift) = Decompose(value);
        var exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            var numerator = mantissa;
            var denominator = BigInteger.One;
            if (shift >= 0)
                numerator <<= shift;
            else
                denominator <<= -shift;
            var power = count - 1 - exponent;
            if (power >= 0)
                numerator *= BigInteger.Pow(10, power);
            else
                denominator *= BigInteger.Pow(10, -power);
            // The logarithm may be one off, so the number of whole digits decides; rounding up to a further digit ("9.99" to "10.0") does too.
            var digits = DivideToEven(numerator, denominator).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count)
                return (digits, exponent);
            exponent += digits.Length > count ? 1 : -1;
        }
    }

    static (BigInteger Mantissa, int Shift) Decompose(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7FF;
        var fraction = bits & 0xFFFFFFFFFFFFFL;
        return exponent == 0 ? (fraction, -1074) : (fraction | (1L << 52), exponent - 1075);
    }

    static BigInteger DivideToEven(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var remainder);
        var twice = (remainder << 1).CompareTo(denominator);
        return twice > 0 || (twice == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
