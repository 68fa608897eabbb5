using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>str.format within the sandbox: fields by number or name, with attributes and items that the sandbox allows.</summary>
internal sealed class StrFormat(RenderState state, Arguments arguments, bool escapes)
{
    int automatic;
    bool isManual;

    public static string Format(RenderState state, StrValue format, Arguments arguments) =>
        new StrFormat(state, arguments, format.IsMarkup).Format(format.Text, 2);

    string Format(string text, int depth)
    {
        if (depth < 0)
            throw Fault.Value("Max string recursion exceeded");
        var builder = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '{' or '}' && i + 1 < text.Length && text[i + 1] == c)
            {
                builder.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw Fault.Value("Single '}' encountered in format string");
            }
            else if (c == '{')
            {
                var end = FieldEnd(text, i + 1);
                builder.Append(Field(text[(i + 1)..end], depth));
                i = end;
            }
            else
            {
                builder.Append(c);
            }
        }
        state.Meter.Allocate(builder.Length);
        return builder.ToString();
    }

    static int FieldEnd(string text, int start)
    {
        var depth = 1;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '{')
                depth++;
            else if (text[i] == '}' && --depth == 0)
                return i;
        }
        throw Fault.Value(start >= text.Length ? "Single '{' encountered in format string" : "expected '}' before end of string");
    }

    string Field(string field, int depth)
    {
        var spec = "";
        var colon = SpecStart(field);
        if (colon >= 0)
        {
            spec = field[(colon + 1)..];
            field = field[..colon];
        }
        var conversion = '\0';
        var mark = field.IndexOf('!', StringComparison.Ordinal);
        if (mark >= 0)
        {
            if (mark != field.Length - 2)
                throw Fault.Value("expected ':' after conversion specifier");
            conversion = field[mark + 1];
            field = field[..mark];
        }
        var value = Resolve(field);
        value = conversion switch
        {
            '\0' => value,
            's' => Printer.ToStr(state.Meter, value),
            'r' or 'a' => StrValue.Of(Printer.Repr(state.Meter, value)),
            _ => throw Fault.Value($"Unknown conversion specifier {conversion}"),
        };
        if (spec.Contains('{', StringComparison.Ordinal))
            spec = Format(spec, depth - 1);
        var text = FormatSpec.Format(state, value, spec);
        return escapes && value is not StrValue { IsMarkup: true } ? Html.Escape(state, text) : text;
    }

    /// <summary>The colon that begins the format, which one inside of brackets does not.</summary>
    static int SpecStart(string field)
    {
        var inBrackets = false;
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '[')
                inBrackets = true;
            else if (field[i] == ']')
                inBrackets = false;
            else if (field[i] == ':' && !inBrackets)
                return i;
        }
        return -1;
    }

    TemplateValue Resolve(string field)
    {
        var end = field.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? field : field[..end];
        TemplateValue value;
        if (first.Length == 0 || int.TryParse(first, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _))
        {
            var isAutomatic = first.Length == 0;
            if (isAutomatic ? isManual : automatic > 0)
                throw Fault.Value($"cannot switch from {(isAutomatic ? "manual field specification to automatic field numbering" : "automatic field numbering to manual field specification")}");
            isManual |= !isAutomatic;
            var at = isAutomatic ? automatic++ : Number(first);
            value = at < arguments.Positional.Length
                ? arguments.Positional[at]
                : throw new Fault(TemplateErrorKind.Index, $"Replacement index {at} out of range for positional args tuple");
        }
        else
        {
            value = arguments.Keyword(first) ?? throw new Fault(TemplateErrorKind.Key, $"'{first}'");
        }
        while (end >= 0 && end < field.Length)
        {
            state.Meter.Step();
            if (field[end] == '.')
            {
                var next = field.AsSpan(end + 1).IndexOfAny('.', '[');
                var stop = next < 0 ? field.Length : end + 1 + next;
                value = Access.Attribute(value, field[(end + 1)..stop]);
                end = stop;
            }
            else
            {
                var stop = field.IndexOf(']', end);
                if (field[end] != '[' || stop < 0)
                    throw Fault.Value("Missing ']' in format string");
                var key = field[(end + 1)..stop];
                value = Access.Item(value, key.Length > 0 && key.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? IntValue.Of(Number(key)) : StrValue.Of(key));
                end = stop + 1;
            }
        }
        return value;
    }

    static int Number(string digits) => int.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Fault.Value("Too many decimal digits in format string");
}
