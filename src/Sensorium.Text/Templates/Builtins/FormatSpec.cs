using System.Globalization;
using System.Numerics;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>Python's format mini-language: [[fill]align][sign][#][0][width][,][.precision][type].</summary>
internal readonly struct FormatSpec
{
    char Fill { get; init; }

    char Align { get; init; }

    char Sign { get; init; }

    bool Alternate { get; init; }

    int Width { get; init; }

    char Grouping { get; init; }

    int Precision { get; init; }

    char Type { get; init; }

    /// <summary>format(value, spec).</summary>
    public static string Format(RenderState state, TemplateValue value, string spec)
    {
        if (spec.Length == 0)
            return Printer.Str(state.Meter, value);
        if (value is not (StrValue or IntValue or FloatValue or BoolValue))
            throw Fault.Type($"unsupported format string passed to {value.TypeName}.__format__");
        var format = Parse(spec);
        state.Meter.Allocate(Math.Max(format.Width, 0) + 16L);
        return value is StrValue text ? format.Text(text) : format.Number(state, value);
    }

    static FormatSpec Parse(string spec)
    {
        var i = 0;
        var (fill, align) = (' ', '\0');
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
        {
            (fill, align) = (spec[0], spec[1]);
            i = 2;
        }
        else if (spec[0] is '<' or '>' or '^' or '=')
        {
            align = spec[0];
            i = 1;
        }
        var sign = i < spec.Length && spec[i] is '+' or '-' or ' ' ? spec[i++] : '-';
        if (i < spec.Length && spec[i] == 'z')
            i++;
        var alternate = i < spec.Length && spec[i] == '#';
        if (alternate)
            i++;
        if (i < spec.Length && spec[i] == '0')
        {
            i++;
            if (align == '\0')
                (fill, align) = ('0', '=');
        }
        var width = Count(spec, ref i);
        var grouping = i < spec.Length && spec[i] is ',' or '_' ? spec[i++] : '\0';
        var precision = -1;
        if (i < spec.Length && spec[i] == '.')
        {
            i++;
            precision = Count(spec, ref i);
            if (precision < 0)
                throw Fault.Value("Format specifier missing precision");
        }
        var type = i < spec.Length ? spec[i++] : '\0';
        if (i < spec.Length)
            throw Fault.Value("Invalid format specifier");
        return new FormatSpec { Fill = fill, Align = align, Sign = sign, Alternate = alternate, Width = width, Grouping = grouping, Precision = precision, Type = type };
    }

    static int Count(string spec, ref int i)
    {
        var start = i;
        while (i < spec.Length && char.IsAsciiDigit(spec[i]))
            i++;
        if (i == start)
            return -1;
        return int.TryParse(spec.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw Fault.Value("Too many decimal digits in format string");
    }

    string Text(StrValue value)
    {
        if (Type is not ('s' or '\0'))
            throw Unknown("str");
        if (Align == '=' && Fill != '0')
            throw Fault.Value("'=' alignment not allowed in string format specifier");
        var text = Precision >= 0 && Precision < value.Length ? value.Substring(0, Precision) : value.Text;
        return Pad("", text, Align is '\0' or '=' ? '<' : Align);
    }

    string Number(RenderState state, TemplateValue value)
    {
        if (value is not FloatValue && Type is '\0' or 'd' or 'n' or 'b' or 'o' or 'x' or 'X' or 'c')
        {
            if (value is FloatValue)
                throw Unknown("float");
            return Integer(value);
        }
        if (Precision > 2000)
            throw Fault.Budget($"a number with {Precision} places is refused");
        var number = Arithmetic.ToDouble(value);
        var negative = number < 0 || (number == 0 && double.IsNegative(number));
        state.Meter.Step(50 + Math.Max(Precision, 0));
        var digits = Digits(number);
        if (Type == '%')
            digits += "%";
        return Pad(SignOf(negative), Group(digits, 3), Align == '\0' ? '>' : Align);
    }

    string Digits(double number)
    {
        var upper = char.IsAsciiLetterUpper(Type);
        if (!double.IsFinite(number))
        {
            var name = double.IsNaN(number) ? "nan" : "inf";
            return upper ? name.ToUpperInvariant() : name;
        }
        switch (Type)
        {
            case 'f' or 'F': return FloatFormat.Fixed(number, Precision < 0 ? 6 : Precision);
            case '%': return FloatFormat.Fixed(number * 100, Precision < 0 ? 6 : Precision);
            case 'e' or 'E': return FloatFormat.Scientific(number, Precision < 0 ? 6 : Precision, Type);
            case 'g' or 'G' or 'n': return FloatFormat.General(number, Precision < 0 ? 6 : Precision, upper ? 'E' : 'e', Alternate);
            case '\0':
                if (Precision < 0)
                    return Printer.Float(Math.Abs(number));
                var general = FloatFormat.General(number, Precision, 'e', keepZeros: false);
                return general.AsSpan().IndexOfAny('.', 'e') < 0 ? general + ".0" : general;
            default: throw Unknown("float");
        }
    }

    string Integer(TemplateValue value)
    {
        if (Precision >= 0)
            throw Fault.Value("Precision not allowed in integer format specifier");
        Comparison.TryInteger(value, out var integer);
        if (Type == 'c')
        {
            if (integer < 0 || integer > 0x10FFFF)
                throw new Fault(TemplateErrorKind.Overflow, "%c arg not in range(0x110000)");
            return Pad("", StrValue.FromCodePoint((int)integer), Align == '\0' ? '<' : Align);
        }
        var size = BigInteger.Abs(integer);
        var (prefix, digits, group) = Type switch
        {
            'x' => ("0x", Radix(size, 16), 4),
            'X' => ("0X", Radix(size, 16).ToUpperInvariant(), 4),
            'o' => ("0o", Radix(size, 8), 4),
            'b' => ("0b", Radix(size, 2), 4),
            _ => ("", Printer.Integer(size), 3),
        };
        return Pad(SignOf(integer.Sign < 0) + (Alternate ? prefix : ""), Group(digits, group), Align == '\0' ? '>' : Align);
    }

    public static string Radix(BigInteger value, int radix)
    {
        if (value.IsZero)
            return "0";
        var bits = radix switch
        {
            16 => 4,
            8 => 3,
            _ => 1,
        };
        var builder = new StringBuilder();
        var length = (int)value.GetBitLength();
        for (var at = (length - 1) / bits * bits; at >= 0; at -= bits)
            builder.Append("0123456789abcdef"[(int)((value >> at) & (radix - 1))]);
        return builder.ToString();
    }

    string SignOf(bool negative) => negative ? "-" : Sign switch
    {
        '+' => "+",
        ' ' => " ",
        _ => "",
    };

    string Group(string digits, int size)
    {
        if (Grouping == '\0')
            return digits;
        var end = digits.AsSpan().IndexOfAny('.', 'e', '%');
        if (end < 0 || size == 4)
            end = digits.Length;
        var builder = new StringBuilder(digits);
        for (var at = end - size; at > 0; at -= size)
            builder.Insert(at, Grouping);
        return builder.ToString();
    }

    string Pad(string prefix, string text, char align)
    {
        var missing = Width - StrValue.CountCodePoints(text) - prefix.Length;
        if (missing <= 0)
            return prefix + text;
        var fill = new string(Fill, missing);
        return align switch
        {
            '<' => prefix + text + fill,
            '^' => string.Concat(fill.AsSpan(0, missing / 2), prefix, text, fill.AsSpan(missing / 2)),
            '=' => prefix + fill + text,
            _ => fill + prefix + text,
        };
    }

    Fault Unknown(string type) => Fault.Value($"Unknown format code '{Type}' for object of type '{type}'");
}
