using System.Globalization;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>Reads what stands for one code point: escapes, properties, and classes in brackets with their ranges, sets and intersections.</summary>
internal sealed class RegexClasses(RegexReader reader)
{
    // What stands after a \ inside or outside of a class, added to the set. Returns the code point if it is a single one, else -1.
    public int Escape(CharSet set)
    {
        int c = reader.Next();
        Func<int, bool>? test = c switch
        {
            's' or 'S' => CharClass.IsWhiteSpace,
            'd' or 'D' => x => CharClass.Category(x) == UnicodeCategory.DecimalDigitNumber,
            'w' or 'W' => CharClass.IsRegexWord,
            'h' or 'H' => x => x < 128 && char.IsAsciiHexDigit((char)x),
            _ => null,
        };
        if (test is not null)
        {
            set.Add(c is 'S' or 'D' or 'W' or 'H' ? x => !test(x) : test);
            return -1;
        }
        if (c is 'p' or 'P')
        {
            PropertyEscape(set, c == 'P');
            return -1;
        }
        int value = c switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => 7,
            'e' => 27,
            'b' => 8,
            '0' => Octal(),
            'x' => reader.Peek('{') ? Braced() : Hex(2),
            'u' => reader.Peek('{') ? Braced() : Hex(4),
            _ when c < 128 && char.IsAsciiLetterOrDigit((char)c) => throw reader.Error($"the escape \\{(char)c}, which is not known"),
            _ => c,
        };
        set.Add(value);
        return value;
    }

    int Octal()
    {
        int v = 0;
        for (int i = 0; i < 2 && reader.More && reader.Current is >= '0' and <= '7'; i++) v = v * 8 + reader.Next() - '0';
        return v;
    }

    int Hex(int max)
    {
        int v = 0, n = 0;
        for (; n < max && reader.More && reader.Current < 128 && char.IsAsciiHexDigit((char)reader.Current); n++) v = v * 16 + Convert.ToInt32(((char)reader.Next()).ToString(), 16);
        if (n == 0) throw reader.Error("a hexadecimal escape without digits");
        return v;
    }

    int Braced()
    {
        reader.At++;
        int v = Hex(6);
        if (!reader.Take("}")) throw reader.Error("a hexadecimal escape that does not end");
        if (v > 0x10FFFF) throw reader.Error("a code point above U+10FFFF");
        return v;
    }

    void PropertyEscape(CharSet set, bool negated)
    {
        string name;
        if (reader.Take("{"))
        {
            if (reader.Take("^")) negated = !negated;
            name = reader.Until('}');
            if (!reader.Take("}")) throw reader.Error("a property that does not end");
        }
        else
        {
            if (!reader.More) throw reader.Error("a property without a name");
            name = CodePoints.ToText([reader.Next()]);
        }
        var test = CharSet.Property(name) ?? throw reader.Error($"the property '{name}', which is not known");
        set.Add(negated ? x => !test(x) : test);
    }

    /// <summary>A class, behind its [.</summary>
    public CharSet Class(bool ignoreCase)
    {
        reader.Enter("classes");
        var set = new CharSet { IgnoreCase = ignoreCase, Negated = reader.Take("^") };
        bool first = true;
        while (true)
        {
            if (!reader.More) throw reader.Error("a class without ]");
            if (reader.Peek(']') && !first) break;
            first = false;
            if (reader.Take("&&"))
            {
                // The rest of the class is the other side.
                var right = new CharSet { IgnoreCase = ignoreCase };
                ClassItems(right, ignoreCase);
                set.Intersect(right);
                break;
            }
            ClassItem(set, ignoreCase);
        }
        reader.At++;
        reader.Leave();
        return set;
    }

    void ClassItems(CharSet set, bool ignoreCase)
    {
        while (reader.More && !reader.Peek(']')) ClassItem(set, ignoreCase);
        if (!reader.More) throw reader.Error("a class without ]");
    }

    void ClassItem(CharSet set, bool ignoreCase)
    {
        if (reader.Take("[:"))
        {
            bool negated = reader.Take("^");
            string name = reader.Until(':');
            if (!reader.Take(":]")) throw reader.Error("a POSIX class that does not end");
            var test = CharSet.Property(name) ?? throw reader.Error($"the class '[:{name}:]', which is not known");
            set.Add(negated ? x => !test(x) : test);
            return;
        }
        if (reader.Take("["))
        {
            set.Add(Class(ignoreCase));
            return;
        }
        int from = reader.Next();
        if (from == '\\')
        {
            if (!reader.More) throw reader.Error("a \\ at the end");
            from = Escape(set);
            if (from < 0) return;
        }
        if (reader.Peek('-') && reader.FollowedByOtherThan(']'))
        {
            reader.At++;
            int to = reader.Next();
            if (to == '\\')
            {
                if (!reader.More) throw reader.Error("a \\ at the end");
                to = Escape(new CharSet());
            }
            else if (to == '[')
            {
                // "a-[" is a, a hyphen, and a class.
                reader.At -= 1;
                set.Add(from);
                set.Add('-');
                return;
            }
            if (to < from) throw reader.Error("a range whose end is below its beginning");
            set.Add(from, to);
            return;
        }
        set.Add(from);
    }
}
