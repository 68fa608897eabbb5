using System.Globalization;
using System.Numerics;
using System.Text;
using Sensorium.Text.Templates.Builtins;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>'format' % values, as Python does it.</summary>
internal static class PercentFormat
{
    public static string Format(RenderState state, StrValue format, TemplateValue values)
    {
        var text = format.Text;
        var positional = values is TupleValue tuple ? tuple.Items : null;
        var next = 0;
        var builder = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                builder.Append(text[i]);
                continue;
            }
            i++;
            TemplateValue? named = null;
            if (i < text.Length && text[i] == '(')
                named = Named(state, text, ref i, values);
            var flags = Flags(text, ref i);
            var width = Number(text, ref i, Star);
            if (width < 0)
            {
                flags |= Flag.Left;
                width = -width;
            }
            var precision = -1;
            if (i < text.Length && text[i] == '.')
            {
                i++;
                precision = Math.Max(0, Number(text, ref i, Star));
            }
            while (i < text.Length && text[i] is 'l' or 'h' or 'L')
                i++;
            if (i >= text.Length)
                throw Fault.Value("incomplete format");
            state.Meter.Allocate(16L + width + Math.Min(precision, 4096));
            if (text[i] == '%')
            {
                builder.Append('%');
                continue;
            }
            Convert(state, builder, text[i], flags, width, precision, named ?? Take(), format.IsMarkup);
        }
        state.Meter.Allocate(builder.Length);
        if (positional is not null ? next < positional.Length : next == 0 && values is not (DictValue or ListValue or UndefinedValue or RangeValue or DictView))
            throw Fault.Type("not all arguments converted during string formatting");
        return builder.ToString();

        TemplateValue Take()
        {
            if (positional is null)
                return next++ == 0 ? values : throw Fault.Type("not enough arguments for format string");
            return next < positional.Length ? positional[next++] : throw Fault.Type("not enough arguments for format string");
        }

        int Star() => Comparison.TryLong(Take(), out var number) ? (int)Math.Clamp(number, -int.MaxValue, int.MaxValue) : throw Fault.Type("* wants int");
    }

    [Flags]
    enum Flag
    {
        None = 0,
        Left = 1,
        Plus = 2,
        Space = 4,
        Alternate = 8,
        Zero = 16,
    }

    static TemplateValue Named(RenderState state, string text, ref int i, TemplateValue values)
    {
        if (values is not DictValue dict)
            throw Fault.Type("format requires a mapping");
        var start = i + 1;
        var depth = 1;
        for (i = start; i < text.Length; i++)
        {
            if (text[i] == '(')
                depth++;
            else if (text[i] == ')' && --depth == 0)
                break;
        }
        if (i >= text.Length)
            throw Fault.Value("incomplete format key");
        var key = text[start..i++];
        state.Meter.Step();
        return dict.Get(key) ?? throw new Fault(TemplateErrorKind.Key, $"'{key}'");
    }

    static Flag Flags(string text, ref int i)
    {
        var flags = Flag.None;
        for (; i < text.Length; i++)
        {
            var flag = text[i] switch
            {
                '-' => Flag.Left,
                '+' => Flag.Plus,
                ' ' => Flag.Space,
                '#' => Flag.Alternate,
                '0' => Flag.Zero,
                _ => Flag.None,
            };
            if (flag == Flag.None)
                break;
            flags |= flag;
        }
        return flags;
    }

    static int Number(string text, ref int i, Func<int> star)
    {
        if (i < text.Length && text[i] == '*')
        {
            i++;
            return star();
        }
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        if (i == start)
            return 0;
        return int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Fault.Value("width too big");
    }

    static void Convert(RenderState state, StringBuilder builder, char kind, Flag flags, int width, int precision, TemplateValue value, bool escapes)
    {
        var sign = "";
        string body;
        switch (kind)
        {
            case 's' or 'r' or 'a':
                body = kind == 's' ? Printer.Str(state.Meter, value) : Printer.Repr(state.Meter, value);
                if (escapes)
                    body = kind == 's' ? Html.Escape(state, value).Text : Html.Escape(state, body);
                if (precision >= 0 && precision < body.Length)
                    body = StrValue.Of(body) is var whole && precision < whole.Length ? whole.Substring(0, precision) : body;
                flags &= ~Flag.Zero;
                break;
            case 'c':
                body = Character(value);
                flags &= ~Flag.Zero;
                break;
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                (sign, body) = Integer(kind, flags, precision, value);
                break;
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                (sign, body) = Float(state, kind, flags, precision < 0 ? 6 : precision, value);
                break;
            default:
                throw Fault.Value($"unsupported format character '{kind}'");
        }
        if (sign.Length == 0 || sign[0] != '-')
        {
            if (kind is not ('s' or 'r' or 'a' or 'c'))
                sign = (flags.HasFlag(Flag.Plus) ? "+" : flags.HasFlag(Flag.Space) ? " " : "") + sign;
        }
        var missing = Math.Max(0, width - sign.Length - StrValue.CountCodePoints(body));
        if (flags.HasFlag(Flag.Left))
            builder.Append(sign).Append(body).Append(' ', missing);
        else if (flags.HasFlag(Flag.Zero))
            builder.Append(sign).Append('0', missing).Append(body);
        else
            builder.Append(' ', missing).Append(sign).Append(body);
    }

    static string Character(TemplateValue value)
    {
        if (value is StrValue { Length: 1 } text)
            return text.Text;
        if (!Comparison.TryLong(value, out var point))
            throw Fault.Type("%c requires int or char");
        return point is >= 0 and <= 0x10FFFF ? StrValue.FromCodePoint((int)point) : throw new Fault(TemplateErrorKind.Overflow, "%c arg not in range(0x110000)");
    }

    static (string Sign, string Body) Integer(char kind, Flag flags, int precision, TemplateValue value)
    {
        BigInteger integer;
        if (value is FloatValue number && kind is 'd' or 'i' or 'u')
            integer = double.IsFinite(((FloatValue)value).Value) ? new BigInteger(Math.Truncate(((FloatValue)value).Value)) : throw Fault.Value("cannot convert float NaN or infinity to integer");
        else if (!Comparison.TryInteger(value, out integer))
            throw value is UndefinedValue undefined ? undefined.Fail() : Fault.Type($"%{kind} format: {(kind is 'd' or 'i' or 'u' ? "a real number" : "an integer")} is required, not {value.TypeName}");
        var size = BigInteger.Abs(integer);
        var body = kind switch
        {
            'x' => FormatSpec.Radix(size, 16),
            'X' => FormatSpec.Radix(size, 16).ToUpperInvariant(),
            'o' => FormatSpec.Radix(size, 8),
            _ => Printer.Integer(size),
        };
        if (precision > 1 << 20)
            throw Fault.Budget($"a number of {precision} digits is refused");
        body = body.PadLeft(Math.Max(precision, 0), '0');
        var prefix = flags.HasFlag(Flag.Alternate) && kind is 'x' or 'X' or 'o' ? $"0{kind}" : "";
        return ((integer.Sign < 0 ? "-" : "") + prefix, body);
    }

    static (string Sign, string Body) Float(RenderState state, char kind, Flag flags, int precision, TemplateValue value)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Fail();
        if (!Comparison.IsNumber(value))
            throw Fault.Type($"must be real number, not {value.TypeName}");
        if (precision > 2000)
            throw Fault.Budget($"a number with {precision} places is refused");
        state.Meter.Step(50 + precision);
        var number = Arithmetic.ToDouble(value);
        var sign = double.IsNegative(number) && !double.IsNaN(number) ? "-" : "";
        if (!double.IsFinite(number))
            return (sign, double.IsNaN(number) ? "nan" : "inf");
        var letter = char.IsAsciiLetterUpper(kind) ? 'E' : 'e';
        return (sign, char.ToLowerInvariant(kind) switch
        {
            'f' => FloatFormat.Fixed(number, precision),
            'e' => FloatFormat.Scientific(number, precision, letter),
            _ => FloatFormat.General(number, precision, letter, flags.HasFlag(Flag.Alternate)),
        });
    }
}
