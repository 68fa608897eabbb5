using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Python's str() and repr().</summary>
internal static class Printer
{
    const int MaxIntDigits = 4300;

    public static string Str(Meter meter, TemplateValue value) => value switch
    {
        StrValue text => text.Text,
        UndefinedValue => "",
        _ => Repr(meter, value),
    };

    /// <summary>The text of a value, without a copy where it is one.</summary>
    public static StrValue ToStr(Meter meter, TemplateValue value) => value as StrValue ?? StrValue.Of(Str(meter, value));

    public static string Repr(Meter meter, TemplateValue value)
    {
        switch (value)
        {
            case NoneValue: return "None";
            case BoolValue truth: return truth.IsTrue ? "True" : "False";
            case IntValue { IsSmall: true } number: return number.Small64.ToString(CultureInfo.InvariantCulture);
            case IntValue number: return Integer(number.Value);
            case FloatValue number: return Float(number.Value);
            default:
                var builder = new StringBuilder();
                Repr(meter, builder, value);
                return builder.ToString();
        }
    }

    public static string Integer(BigInteger value)
    {
        if (value.GetBitLength() > 14_285)
            throw Fault.Value($"Exceeds the limit ({MaxIntDigits} digits) for integer string conversion");
        // Decimal digits cost the square of a big number's length.
        var bits = (long)value.GetBitLength();
        Meter.Current?.Step((bits >> 4) * (bits >> 10));
        return value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The shortest digits that give the number back, laid out as Python lays them out.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        var (negative, digits, exponent) = ShortestDigits(value);
        var builder = new StringBuilder(24);
        if (negative)
            builder.Append('-');
        if (exponent is >= -4 and < 16)
        {
            FloatFormat.AppendFixed(builder, digits, exponent);
            if (exponent + 1 >= digits.Length)
                builder.Append(".0");
        }
        else
        {
            FloatFormat.AppendScientific(builder, digits, exponent, 'e');
        }
        return builder.ToString();
    }

    /// <summary>Sign, digits without trailing zeros, and the first digit's power of ten.</summary>
    public static (bool Negative, string Digits, int Exponent) ShortestDigits(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture).AsSpan();
        var negative = text[0] == '-';
        if (negative)
            text = text[1..];
        var exponent = 0;
        var letter = text.IndexOf('E');
        if (letter >= 0)
        {
            exponent = int.Parse(text[(letter + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..letter];
        }
        var point = text.IndexOf('.');
        exponent += (point < 0 ? text.Length : point) - 1;
        var digits = point < 0 ? text.ToString() : string.Concat(text[..point], text[(point + 1)..]);
        var leading = digits.AsSpan().IndexOfAnyExcept('0');
        if (leading < 0)
            return (negative, "0", 0);
        return (negative, digits[leading..].TrimEnd('0'), exponent - leading);
    }

    public static void Repr(Meter meter, StringBuilder builder, TemplateValue value)
    {
        meter.Step();
        switch (value)
        {
            case StrValue text:
                meter.Allocate(text.Text.Length);
                if (text.IsMarkup)
                    builder.Append("Markup(");
                Quote(builder, text.Text);
                if (text.IsMarkup)
                    builder.Append(')');
                return;
            case ListValue list:
                Items(meter, builder, list.Items, '[', ']');
                return;
            case TupleValue { Items.Length: 1 } tuple:
                Meter.EnsureStack();
                builder.Append('(');
                Repr(meter, builder, tuple.Items[0]);
                builder.Append(",)");
                return;
            case TupleValue tuple:
                Items(meter, builder, tuple.Items, '(', ')');
                return;
            case DictValue dict:
                Entries(meter, builder, dict);
                return;
            case DictView view:
                var viewItems = new TemplateValue[view.Dict.Count];
                for (var i = 0; i < viewItems.Length; i++)
                    viewItems[i] = view.At(i);
                builder.Append(view.TypeName).Append('(');
                Items(meter, builder, viewItems, '[', ']');
                builder.Append(')');
                return;
            case RangeValue range:
                builder.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}");
                if (range.Step != 1)
                    builder.Append(CultureInfo.InvariantCulture, $", {range.Step}");
                builder.Append(')');
                return;
            case NamespaceValue space:
                Meter.EnsureStack();
                builder.Append("<Namespace {");
                var first = true;
                foreach (var (key, item) in space.Attributes)
                {
                    if (!first)
                        builder.Append(", ");
                    first = false;
                    Quote(builder, key);
                    builder.Append(": ");
                    Repr(meter, builder, item);
                }
                builder.Append("}>");
                return;
            case UndefinedValue:
                builder.Append("Undefined");
                return;
            case LoopValue loop:
                builder.Append(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index0 + 1}/{loop.Length}>");
                return;
            case BlocksValue:
                builder.Append("<TemplateReference None>");
                return;
            case Callable callable:
                builder.Append(callable.Description);
                return;
            case NoneValue or BoolValue or IntValue or FloatValue:
                builder.Append(Repr(meter, value));
                return;
            default:
                builder.Append('<').Append(value.TypeName).Append(" object>");
                return;
        }
    }

    /// <summary>A string literal: single quotes, unless only those occur in the text.</summary>
    public static void Quote(StringBuilder builder, string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        builder.Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\')
            {
                builder.Append('\\').Append(c);
            }
            else if (c is >= ' ' and < '\x7f')
            {
                builder.Append(c);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                var rune = new Rune(c, text[++i]);
                if (IsPrintable(Rune.GetUnicodeCategory(rune)))
                    builder.Append(c).Append(text[i]);
                else
                    builder.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
            }
            else
            {
                QuoteSpecial(builder, c);
            }
        }
        builder.Append(quote);
    }

    public static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    static void QuoteSpecial(StringBuilder builder, char c)
    {
        switch (c)
        {
            case '\n': builder.Append("\\n"); break;
            case '\r': builder.Append("\\r"); break;
            case '\t': builder.Append("\\t"); break;
            default:
                if (c >= 0xA0 && IsPrintable(char.GetUnicodeCategory(c)))
                    builder.Append(c);
                else if (c < 0x100)
                    builder.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                else
                    builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                break;
        }
    }

    static void Items(Meter meter, StringBuilder builder, TemplateValue[] items, char open, char close)
    {
        Meter.EnsureStack();
        meter.Allocate(2 * items.Length + 2);
        builder.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                builder.Append(", ");
            Repr(meter, builder, items[i]);
        }
        builder.Append(close);
    }

    static void Entries(Meter meter, StringBuilder builder, DictValue dict)
    {
        Meter.EnsureStack();
        meter.Allocate(4 * dict.Count + 2);
        builder.Append('{');
        for (var i = 0; i < dict.Count; i++)
        {
            if (i > 0)
                builder.Append(", ");
            Repr(meter, builder, dict.KeyAt(i));
            builder.Append(": ");
            Repr(meter, builder, dict.ValueAt(i));
        }
        builder.Append('}');
    }
}
