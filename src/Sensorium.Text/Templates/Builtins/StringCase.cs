using System.Globalization;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>Upper and lower case, and the questions about characters (str.isdigit and its like).</summary>
internal static class StringCase
{
    public static string Change(string text, string how) => how switch
    {
        "upper" => Upper(text),
        "lower" => Lower(text),
        "casefold" => Lower(text.Replace("ß", "ss", StringComparison.Ordinal).Replace("ẞ", "ss", StringComparison.Ordinal)),
        "capitalize" => Capitalize(text),
        "title" => Title(text),
        _ => Swap(text),
    };

    /// <summary>Upper case, with the characters that become several (ß and the ligatures).</summary>
    public static string Upper(string text)
    {
        var upper = text.ToUpperInvariant();
        if (Ascii.IsValid(upper))
            return upper;
        var builder = new StringBuilder(upper.Length);
        foreach (var c in upper)
        {
            builder.Append(c switch
            {
                'ß' => "SS",
                'ŉ' => "ʼN",
                'ǰ' => "J̌",
                'ﬀ' => "FF",
                'ﬁ' => "FI",
                'ﬂ' => "FL",
                'ﬃ' => "FFI",
                'ﬄ' => "FFL",
                'ﬅ' or 'ﬆ' => "ST",
                _ => null,
            } ?? c.ToString());
        }
        return builder.ToString();
    }

    public static string Lower(string text)
    {
        var lower = text.Replace("İ", "i̇", StringComparison.Ordinal).ToLowerInvariant();
        if (!lower.Contains('σ', StringComparison.Ordinal) || !text.Contains('Σ', StringComparison.Ordinal))
            return lower;
        var builder = new StringBuilder(lower);
        for (var i = 0; i < text.Length && text.Length == lower.Length; i++)
        {
            // A capital sigma at a word's end becomes the final form.
            if (text[i] == 'Σ' && i > 0 && char.IsLetter(text[i - 1]) && (i + 1 >= text.Length || !char.IsLetter(text[i + 1])))
                builder[i] = 'ς';
        }
        return builder.ToString();
    }

    public static string Capitalize(string text)
    {
        if (text.Length == 0)
            return text;
        var first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        return TitleOf(text[..first]) + Lower(text[first..]);
    }

    static string Title(string text)
    {
        var builder = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var one = rune.ToString();
            builder.Append(inWord ? Lower(one) : TitleOf(one));
            inWord = IsCased(rune);
        }
        return builder.ToString();
    }

    static string Swap(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var one = rune.ToString();
            builder.Append(Rune.IsUpper(rune) ? Lower(one) : Rune.IsLower(rune) ? Upper(one) : one);
        }
        return builder.ToString();
    }

    static string TitleOf(string one) => one switch
    {
        "ß" => "Ss",
        "ǆ" or "Ǆ" => "ǅ",
        "ǉ" or "Ǉ" => "ǈ",
        "ǌ" or "Ǌ" => "ǋ",
        "ǳ" or "Ǳ" => "ǲ",
        "ﬁ" => "Fi",
        "ﬂ" => "Fl",
        "ﬀ" => "Ff",
        _ => Upper(one),
    };

    public static bool Is(string text, string what)
    {
        switch (what)
        {
            case "isascii": return Ascii.IsValid(text);
            case "isupper": return HasCase(text, upper: true);
            case "islower": return HasCase(text, upper: false);
            case "istitle": return IsTitle(text);
            case "isidentifier": return IsIdentifier(text);
            case "isprintable":
                foreach (var rune in text.EnumerateRunes())
                {
                    if (rune.Value != ' ' && !Printer.IsPrintable(Rune.GetUnicodeCategory(rune)))
                        return false;
                }
                return true;
        }
        if (text.Length == 0)
            return false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsOne(rune, what))
                return false;
        }
        return true;
    }

    static bool IsOne(Rune rune, string what)
    {
        var category = Rune.GetUnicodeCategory(rune);
        switch (what)
        {
            case "isdecimal": return category == UnicodeCategory.DecimalDigitNumber;
            case "isdigit": return category == UnicodeCategory.DecimalDigitNumber || IsDigitLike(rune);
            case "isnumeric": return Rune.GetNumericValue(rune) >= 0 || Rune.IsNumber(rune);
            case "isspace": return Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1c and <= 0x1f;
            case "isalpha": return Rune.IsLetter(rune);
            default: return Rune.IsLetter(rune) || Rune.IsNumber(rune) || Rune.GetNumericValue(rune) >= 0;
        }
    }

    /// <summary>Superscripts and circled digits, which are digits but no decimals.</summary>
    static bool IsDigitLike(Rune rune) => rune.Value is 0xB2 or 0xB3 or 0xB9 or 0x2070 or (>= 0x2074 and <= 0x2079) or (>= 0x2080 and <= 0x2089)
        or (>= 0x2460 and <= 0x2468) or (>= 0x2474 and <= 0x247C) or (>= 0x2488 and <= 0x2490) or 0x24EA or (>= 0x24F5 and <= 0x24FD) or 0x24FF
        or (>= 0x2776 and <= 0x277E) or (>= 0x2780 and <= 0x2788) or (>= 0x278A and <= 0x2792) or (>= 0x1369 and <= 0x1371);

    static bool IsCased(Rune rune) => Rune.IsUpper(rune) || Rune.IsLower(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;

    static bool HasCase(string text, bool upper)
    {
        var any = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsCased(rune))
                continue;
            if (upper ? !Rune.IsUpper(rune) : !Rune.IsLower(rune))
                return false;
            any = true;
        }
        return any;
    }

    static bool IsTitle(string text)
    {
        var (any, inWord) = (false, false);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsCased(rune))
            {
                inWord = false;
                continue;
            }
            if (Rune.IsLower(rune) != inWord)
                return false;
            (any, inWord) = (true, true);
        }
        return any;
    }

    static bool IsIdentifier(string text)
    {
        if (text.Length == 0 || !(char.IsLetter(text[0]) || text[0] == '_'))
            return false;
        foreach (var c in text)
        {
            if (!char.IsLetterOrDigit(c) && c != '_')
                return false;
        }
        return true;
    }
}
