using System.Globalization;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>A set of code points, as a regular expression's class spells it.</summary>
internal sealed class CharSet
{
    readonly List<(int From, int To)> ranges = [];
    readonly List<CharSet> all = [];
    readonly List<Func<int, bool>> tests = [];
    readonly List<CharSet> subsets = [];
    // Answers for the basic plane, a page of 256 code points at a time; two threads may make the same page.
    readonly bool[]?[] pages = new bool[]?[256];

    public bool Negated { get; set; }

    /// <summary>Letters in it stand for both cases.</summary>
    public bool IgnoreCase { get; init; }

    public void Add(int c) => ranges.Add((c, c));

    public void Add(int from, int to) => ranges.Add((from, to));

    public void Add(Func<int, bool> test) => tests.Add(test);

    public void Add(CharSet set) => subsets.Add(set);

    /// <summary>Restricts the set to what is also in another one.</summary>
    public void Intersect(CharSet set) => all.Add(set);

    public bool Contains(int c)
    {
        if ((uint)c >= 0x10000) return Compute(c);
        var page = pages[c >> 8] ?? MakePage(c >> 8);
        return page[c & 0xFF];
    }

    bool[] MakePage(int number)
    {
        var page = new bool[256];
        for (int i = 0; i < 256; i++) page[i] = Compute(number << 8 | i);
        pages[number] = page;
        return page;
    }

    bool Compute(int c)
    {
        bool found = Member(c);
        if (!found && IgnoreCase)
        {
            int folded = CharClass.Fold(c);
            foreach (var (from, to) in ranges)
            {
                // Classes of one character or a short range, so folding the members as well is cheap.
                if (folded >= from && folded <= to || to - from < 256 && FoldsInto(from, to, folded))
                {
                    found = true;
                    break;
                }
            }
        }
        foreach (var set in all) found = found && set.Contains(c);
        return found != Negated;
    }

    static bool FoldsInto(int from, int to, int folded)
    {
        for (int m = from; m <= to; m++)
        {
            if (CharClass.Fold(m) == folded) return true;
        }
        return false;
    }

    bool Member(int c)
    {
        foreach (var (from, to) in ranges)
        {
            if (c >= from && c <= to) return true;
        }
        foreach (var test in tests)
        {
            if (test(c)) return true;
        }
        foreach (var set in subsets)
        {
            if (set.Contains(c)) return true;
        }
        return false;
    }

    /// <summary>The test for a Unicode property's name (general category, script, POSIX bracket); null when it is unknown.</summary>
    public static Func<int, bool>? Property(string name)
    {
        string key = new string([.. name.Where(c => c is not (' ' or '_' or '-'))]).ToLowerInvariant();
        Func<int, bool>? category = key switch
        {
            "l" or "letter" => CharClass.IsLetter,
            "n" or "number" => CharClass.IsNumber,
            "m" or "mark" => CharClass.IsMark,
            "p" or "punctuation" => CharClass.IsPunctuation,
            "punct" => c => CharClass.IsPunctuation(c) || c < 128 && CharClass.IsBertPunctuation(c),
            "s" or "symbol" => CharClass.IsSymbol,
            "z" or "separator" => c => CharClass.Category(c) is >= UnicodeCategory.SpaceSeparator and <= UnicodeCategory.ParagraphSeparator,
            "c" or "other" => c => CharClass.Category(c) is >= UnicodeCategory.Control and <= UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned,
            "any" => _ => true,
            "ascii" => c => c < 128,
            "alpha" or "alphabetic" => c => CharClass.IsRegexWord(c) && CharClass.Category(c) is not (UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation),
            "alnum" => c => CharClass.IsRegexWord(c) && CharClass.Category(c) is not UnicodeCategory.ConnectorPunctuation,
            "digit" => c => CharClass.Category(c) == UnicodeCategory.DecimalDigitNumber,
            "space" or "whitespace" => CharClass.IsWhiteSpace,
            "blank" => c => c == '\t' || CharClass.Category(c) == UnicodeCategory.SpaceSeparator,
            "cntrl" => c => CharClass.Category(c) == UnicodeCategory.Control,
            "upper" or "uppercase" => c => CharClass.Category(c) == UnicodeCategory.UppercaseLetter,
            "lower" or "lowercase" => c => CharClass.Category(c) == UnicodeCategory.LowercaseLetter,
            "word" => CharClass.IsRegexWord,
            "xdigit" => c => c < 128 && char.IsAsciiHexDigit((char)c),
            _ => null,
        };
        if (category is not null) return category;
        int one = key switch
        {
            "lu" or "uppercaseletter" => 0,
            "ll" or "lowercaseletter" => 1,
            "lt" or "titlecaseletter" => 2,
            "lm" or "modifierletter" => 3,
            "lo" or "otherletter" => 4,
            "mn" or "nonspacingmark" => 5,
            "mc" or "spacingmark" => 6,
            "me" or "enclosingmark" => 7,
            "nd" or "decimalnumber" => 8,
            "nl" or "letternumber" => 9,
            "no" or "othernumber" => 10,
            "zs" or "spaceseparator" => 11,
            "zl" or "lineseparator" => 12,
            "zp" or "paragraphseparator" => 13,
            "cc" or "control" => 14,
            "cf" or "format" => 15,
            "cs" or "surrogate" => 16,
            "co" or "privateuse" => 17,
            "pc" or "connectorpunctuation" => 18,
            "pd" or "dashpunctuation" => 19,
            "ps" or "openpunctuation" => 20,
            "pe" or "closepunctuation" => 21,
            "pi" or "initialpunctuation" => 22,
            "pf" or "finalpunctuation" => 23,
            "po" or "otherpunctuation" => 24,
            "sm" or "mathsymbol" => 25,
            "sc" or "currencysymbol" => 26,
            "sk" or "modifiersymbol" => 27,
            "so" or "othersymbol" => 28,
            "cn" or "unassigned" => 29,
            _ => -1,
        };
        if (one >= 0) return c => (int)CharClass.Category(c) == one;
        for (int i = 0; i < ScriptTables.Names.Length; i++)
        {
            int script = i;
            if (string.Equals(ScriptTables.Names[i].Replace("_", "", StringComparison.Ordinal), key, StringComparison.OrdinalIgnoreCase)) return c => CharClass.Script(c) == script;
        }
        return null;
    }
}
