using System.Globalization;
using System.Numerics;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>Filters on numbers, and from text to them.</summary>
internal static class NumberFilters
{
    public static TemplateValue Abs(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("abs", 0);
        return value switch
        {
            FloatValue number => new FloatValue(Math.Abs(number.Value)),
            IntValue number => number.Value.Sign < 0 ? Arithmetic.Negate(number) : number,
            BoolValue => Arithmetic.Plus(value),
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw Fault.Type($"bad operand type for abs(): '{value.TypeName}'"),
        };
    }

    public static TemplateValue Round(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("round", 0, "precision", "method");
        var method = given[1] is null ? "common" : Printer.Str(state.Meter, given[1]!);
        if (method is not ("common" or "ceil" or "floor"))
            throw Fault.Argument("method must be common, ceil or floor");
        if (!Comparison.IsNumber(value))
            throw Fault.Type($"type {value.TypeName} doesn't define __round__ method");
        var precision = given[0] is null ? 0 : (int)Math.Clamp(Methods.Integer(given[0]!), -5000, 5000);
        state.Meter.Step(400);
        if (method == "common")
            return value is FloatValue number ? new FloatValue(FloatFormat.Round(number.Value, precision)) : RoundInteger(value, precision);
        var power = precision >= 0 ? IntValue.Of(BigInteger.Pow(10, precision)) : (TemplateValue)new FloatValue(Math.Pow(10, precision));
        var scaled = Arithmetic.Apply(state, Operator.Multiply, value, power);
        if (scaled is FloatValue whole)
        {
            if (!double.IsFinite(whole.Value))
                throw new Fault(TemplateErrorKind.Overflow, "cannot convert float infinity to integer");
            scaled = IntValue.Of(new BigInteger(method == "ceil" ? Math.Ceiling(whole.Value) : Math.Floor(whole.Value)));
        }
        return Arithmetic.Apply(state, Operator.Divide, scaled, power);
    }

    public static TemplateValue Int(RenderState state, TemplateValue value, Arguments arguments)
    {
        if (value is StrValue digits)
            state.Meter.Step(digits.Text.Length * (long)(1 + (Math.Min(digits.Text.Length, 4300) >> 6)));
        var given = arguments.Bind("int", 0, "default", "base");
        var otherwise = given[0] ?? IntValue.Of(0);
        var radix = given[1] is null ? 10 : Methods.Integer(given[1]!);
        switch (value)
        {
            case IntValue: return value;
            case BoolValue: return Arithmetic.Plus(value);
            case FloatValue number: return Truncated(number.Value) ?? otherwise;
            case UndefinedValue undefined: throw undefined.Fail();
            case StrValue text:
                if (ParseInteger(text.Text, radix) is { } integer)
                    return IntValue.Of(integer);
                return ParseFloat(text.Text) is { } real ? Truncated(real) ?? otherwise : otherwise;
            default: return otherwise;
        }
    }

    public static TemplateValue Float(RenderState state, TemplateValue value, Arguments arguments)
    {
        var otherwise = arguments.Bind("float", 0, "default")[0] ?? new FloatValue(0);
        if (value is StrValue digits)
            state.Meter.Step(digits.Text.Length >> 2);
        return value switch
        {
            FloatValue => value,
            IntValue or BoolValue => new FloatValue(Arithmetic.ToDouble(value)),
            StrValue text => ParseFloat(text.Text) is { } number ? new FloatValue(number) : otherwise,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => otherwise,
        };
    }

    public static TemplateValue FileSize(RenderState state, TemplateValue value, Arguments arguments)
    {
        var binary = arguments.Bind("filesizeformat", 0, "binary")[0]?.IsTrue ?? false;
        var size = value switch
        {
            StrValue text => ParseFloat(text.Text) ?? throw Fault.Value($"could not convert string to float: {Printer.Repr(state.Meter, value)}"),
            IntValue or FloatValue or BoolValue => Arithmetic.ToDouble(value),
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw Fault.Type($"float() argument must be a string or a real number, not '{value.TypeName}'"),
        };
        var scale = binary ? 1024.0 : 1000.0;
        if (size == 1)
            return StrValue.Of("1 Byte");
        if (size < scale)
            return StrValue.Of(Math.Truncate(size).ToString("F0", CultureInfo.InvariantCulture) + " Bytes");
        var unit = scale;
        var at = 0;
        while (at < 7 && size >= unit * scale)
        {
            unit *= scale;
            at++;
        }
        return StrValue.Of($"{FloatFormat.Fixed(size / unit, 1)} {"kMGTPEZY"[at].ToString().ToUpperInvariant()[0] switch
        {
            'K' when !binary => "k",
            var c => c.ToString(),
        }}{(binary ? "iB" : "B")}");
    }

    /// <summary>int(text, base): blanks around, a sign, underscores between digits; base 0 reads the prefix.</summary>
    public static BigInteger? ParseInteger(string text, long radix)
    {
        text = StringMethods.Strip(text, null, left: true, right: true);
        if (radix is < 0 or 1 or > 36)
            return null;
        var at = 0;
        var negative = text.Length > 0 && text[0] == '-';
        if (negative || text.StartsWith('+'))
            at++;
        if (at + 1 < text.Length && text[at] == '0')
        {
            var prefix = (text[at + 1] | 0x20) switch
            {
                'x' => 16,
                'o' => 8,
                'b' => 2,
                _ => 0,
            };
            if (prefix != 0 && (radix == prefix || radix == 0))
            {
                radix = prefix;
                at += 2;
                if (at < text.Length && text[at] == '_')
                    at++;
            }
        }
        if (radix == 0)
            radix = 10;
        if (at >= text.Length || text.Length - at > 4300)
            return null;
        var value = BigInteger.Zero;
        var wasDigit = false;
        for (; at < text.Length; at++)
        {
            if (text[at] == '_' && wasDigit)
            {
                wasDigit = false;
                continue;
            }
            var digit = char.IsAsciiLetter(text[at]) ? (text[at] | 0x20) - 'a' + 10 : char.IsDigit(text[at]) ? (int)char.GetNumericValue(text[at]) : 99;
            if (digit >= radix)
                return null;
            value = value * radix + digit;
            wasDigit = true;
        }
        return wasDigit ? negative ? -value : value : null;
    }

    /// <summary>float(text): also inf and nan in words.</summary>
    public static double? ParseFloat(string text)
    {
        text = StringMethods.Strip(text, null, left: true, right: true);
        switch (text.TrimStart('+', '-').ToUpperInvariant())
        {
            case "INF" or "INFINITY": return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            case "NAN": return double.NaN;
        }
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (plain.Length != text.Length)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '_' && (i == 0 || i == text.Length - 1 || !char.IsAsciiDigit(text[i - 1]) || !char.IsAsciiDigit(text[i + 1])))
                    return null;
            }
        }
        return double.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    static IntValue? Truncated(double value) => double.IsFinite(value) ? IntValue.Of(new BigInteger(Math.Truncate(value))) : null;

    static TemplateValue RoundInteger(TemplateValue value, int precision)
    {
        if (precision >= 0)
            return Arithmetic.Plus(value);
        Comparison.TryInteger(value, out var integer);
        var unit = BigInteger.Pow(10, -precision);
        var quotient = BigInteger.DivRem(BigInteger.Abs(integer), unit, out var rest);
        var twice = (rest * 2).CompareTo(unit);
        if (twice > 0 || (twice == 0 && !quotient.IsEven))
            quotient += 1;
        return IntValue.Of(quotient * unit * integer.Sign);
    }
}
