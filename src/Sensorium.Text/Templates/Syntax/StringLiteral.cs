using System.Globalization;
using System.Text;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>The escapes of a string literal, which are Python's.</summary>
internal static class StringLiteral
{
    public static string Unescape(ReadOnlySpan<char> text, int line)
    {
        if (!text.Contains('\\'))
            return text.ToString();
        var builder = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                builder.Append(text[i]);
                continue;
            }
            if (++i >= text.Length)
                throw new SyntaxFault(line, "\\ at end of string");
            i = Escape(builder, text, i, line);
        }
        return builder.ToString();
    }

    static int Escape(StringBuilder builder, ReadOnlySpan<char> text, int i, int line)
    {
        var c = text[i];
        switch (c)
        {
            case '\n': return i;
            case 'n': builder.Append('\n'); return i;
            case 't': builder.Append('\t'); return i;
            case 'r': builder.Append('\r'); return i;
            case 'a': builder.Append('\a'); return i;
            case 'b': builder.Append('\b'); return i;
            case 'f': builder.Append('\f'); return i;
            case 'v': builder.Append('\v'); return i;
            case '\\' or '\'' or '"': builder.Append(c); return i;
            case 'x': return Hex(builder, text, i, 2, line);
            case 'u': return Hex(builder, text, i, 4, line);
            case 'U': return Hex(builder, text, i, 8, line);
            case 'N': throw new SyntaxFault(line, "named characters (\\N{…}) are not known; write the character itself");
            case >= '0' and <= '7':
                var value = 0;
                var end = Math.Min(i + 3, text.Length);
                for (; i < end && text[i] is >= '0' and <= '7'; i++)
                    value = value * 8 + (text[i] - '0');
                builder.Append((char)value);
                return i - 1;
            case < (char)128:
                builder.Append('\\').Append(c);
                return i;
            default:
                // Python writes the character as an escape before it resolves escapes, so the backslash in front of it eats that escape's own.
                if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                    builder.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(c, text[++i]):x8}");
                else if (c < 256)
                    builder.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                else
                    builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                return i;
        }
    }

    static int Hex(StringBuilder builder, ReadOnlySpan<char> text, int i, int digits, int line)
    {
        if (i + digits >= text.Length
            || !uint.TryParse(text.Slice(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw new SyntaxFault(line, $"truncated \\{text[i]} escape");
        }
        if (value > 0x10FFFF)
            throw new SyntaxFault(line, "illegal Unicode character");
        builder.Append(Runtime.StrValue.FromCodePoint((int)value));
        return i + digits;
    }
}
