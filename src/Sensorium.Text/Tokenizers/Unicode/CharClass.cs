using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sensorium.Text.Tokenizers.Unicode;

/// <summary>Unicode character classes by code point, as the reference tokenizers' regular expressions and Rust's <c>char</c> define them.</summary>
internal static class CharClass
{
    const byte Letter = 1, Number = 2, White = 4, Mark = 8;
    static readonly byte[] Flags = Build();

    static byte[] Build()
    {
        var flags = new byte[0x10000];
        for (int c = 0; c < flags.Length; c++) flags[c] = Compute(c);
        return flags;
    }

    static byte Compute(int c)
    {
        var category = CharUnicodeInfo.GetUnicodeCategory(c);
        int f = category switch
        {
            <= UnicodeCategory.OtherLetter => Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Mark,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
            _ => 0,
        };
        if (IsWhiteSpaceSlow(c)) f |= White;
        return (byte)f;
    }

    // The White_Space property: it is closed, so the list will not change with Unicode's versions.
    static bool IsWhiteSpaceSlow(int c) =>
        c is >= 9 and <= 13 or 32 or 0x85 or 0xA0 or 0x1680 or >= 0x2000 and <= 0x200A or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Of(int c) => (uint)c < 0x10000 ? Flags[c] : Compute(c);

    /// <summary>\p{L}</summary>
    public static bool IsLetter(int c) => (Of(c) & Letter) != 0;

    /// <summary>\p{N}</summary>
    public static bool IsNumber(int c) => (Of(c) & Number) != 0;

    /// <summary>\p{M}</summary>
    public static bool IsMark(int c) => (Of(c) & Mark) != 0;

    /// <summary>\s: the property White_Space.</summary>
    public static bool IsWhiteSpace(int c) => (Of(c) & White) != 0;

    /// <summary>[^\s\p{L}\p{N}]</summary>
    public static bool IsOther(int c) => (Of(c) & (Letter | Number | White)) == 0;

    public static UnicodeCategory Category(int c) => CharUnicodeInfo.GetUnicodeCategory(c);

    /// <summary>\p{P}</summary>
    public static bool IsPunctuation(int c) => Category(c) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>\p{S}</summary>
    public static bool IsSymbol(int c) => Category(c) is >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol;

    /// <summary>Punctuation as BERT has it: \p{P} and every ASCII character that is neither letter, digit, space nor control.</summary>
    public static bool IsBertPunctuation(int c) =>
        c < 128 ? c is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126 : IsPunctuation(c);

    /// <summary>\w of Rust's regular expressions: as <see cref="IsRegexWord"/>, and the two joiners.</summary>
    public static bool IsWord(int c) => IsRegexWord(c) || c is 0x200C or 0x200D;

    /// <summary>\w of Oniguruma: letters, marks, decimal digits, connector punctuation, and what else is alphabetic.</summary>
    public static bool IsRegexWord(int c) => Category(c) switch
    {
        <= UnicodeCategory.DecimalDigitNumber => true,
        UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => c is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189,
        _ => false,
    };

    /// <summary>CJK ideographs as BERT's normalizer lists them (with its gap at U+2B820).</summary>
    public static bool IsChinese(int c) =>
        c is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
            or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    /// <summary>Simple lower case of one code point; İ (U+0130), whose lower case is two code points, gives i here.</summary>
    public static int ToLower(int c)
    {
        if (c < 128) return c is >= 'A' and <= 'Z' ? c + 32 : c;
        if (c == 0x130) return 'i';
        return Rune.IsValid(c) ? Rune.ToLowerInvariant(new Rune(c)).Value : c;
    }

    /// <summary>Simple case folding: code points that differ only in case fold to one.</summary>
    public static int Fold(int c) => c switch
    {
        0x17F => 's',
        0x3C2 => 0x3C3,
        _ => ToLower(c),
    };

    /// <summary>Index of a code point's script in <see cref="ScriptTables.Names"/>; -1 when it has none.</summary>
    public static int Script(int c)
    {
        var ranges = ScriptTables.Ranges;
        int lo = 0, hi = ranges.Length / 3 - 1;
        while (lo <= hi)
        {
            int mid = (lo + hi) / 2;
            if (c < ranges[mid * 3]) hi = mid - 1;
            else if (c > ranges[mid * 3 + 1]) lo = mid + 1;
            else return ranges[mid * 3 + 2];
        }
        return -1;
    }
}
