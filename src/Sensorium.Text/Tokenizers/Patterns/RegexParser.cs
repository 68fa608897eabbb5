using System.Globalization;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>How a pattern is spelt where engines differ: Oniguruma (tokenizer.json) or Rust's fancy-regex (tiktoken).</summary>
internal enum RegexSyntax
{
    /// <summary>^ and $ match at every line; {n,m}+ repeats the interval.</summary>
    Oniguruma,

    /// <summary>^ and $ match at the text's ends; {n,m}+ is possessive.</summary>
    Rust,
}

/// <summary>A pattern that cannot be compiled; the loader adds file and key.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message);

/// <summary>Compiles a regular expression to instructions. What has no place in a tokenizer (back references, named calls, conditionals) is refused by name.</summary>
internal sealed class RegexParser
{
    const int MaxInstructions = 8_000, MaxDepth = 64, MaxRepeat = 1000, MaxPattern = 50_000;

    readonly int[] pattern;
    readonly RegexSyntax syntax;
    readonly List<RegexInstruction> code = [];
    readonly List<CharSet> sets = [];
    int at;
    int depth;

    RegexParser(string text, RegexSyntax syntax)
    {
        if (text.Length > MaxPattern) throw new RegexSyntaxException($"the pattern has {text.Length} characters, more than {MaxPattern}");
        pattern = CodePoints.FromString(text);
        this.syntax = syntax;
    }

    public static (RegexInstruction[] Code, CharSet[] Sets) Compile(string text, RegexSyntax syntax)
    {
        var parser = new RegexParser(text, syntax);
        parser.Alternation(new Flags(false, false));
        if (parser.at < parser.pattern.Length) throw parser.Error("an unmatched )");
        parser.Emit(RegexOp.Accept);
        return ([.. parser.code], [.. parser.sets]);
    }

    readonly record struct Flags(bool IgnoreCase, bool DotAll);

    RegexSyntaxException Error(string what) => new($"{what} at position {at} of the pattern");

    bool More => at < pattern.Length;

    bool Peek(int c) => More && pattern[at] == c;

    bool Take(string s)
    {
        if (at + s.Length > pattern.Length) return false;
        for (int i = 0; i < s.Length; i++)
        {
            if (pattern[at + i] != s[i]) return false;
        }
        at += s.Length;
        return true;
    }

    int Emit(RegexOp op, int a = 0, int b = 0)
    {
        if (code.Count >= MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        code.Add(new(op, a, b));
        return code.Count - 1;
    }

    void Patch(int index, int a, int b = -1) => code[index] = new(code[index].Op, a, b < 0 ? code[index].B : b);

    void EmitSet(CharSet set)
    {
        sets.Add(set);
        Emit(RegexOp.Set, sets.Count - 1);
    }

    void Alternation(Flags flags)
    {
        if (++depth > MaxDepth) throw Error($"groups nested deeper than {MaxDepth}");
        var exits = new List<int>();
        while (true)
        {
            int start = code.Count;
            Sequence(ref flags);
            if (!Peek('|')) break;
            at++;
            // The branch is already there: shift it by one to put the choice before it.
            Insert(start);
            exits.Add(Emit(RegexOp.Jump));
            code[start] = new(RegexOp.Split, start + 1, code.Count);
        }
        foreach (int exit in exits) Patch(exit, code.Count);
        depth--;
    }

    void Insert(int index)
    {
        if (code.Count >= MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        for (int i = index; i < code.Count; i++) code[i] = Shift(code[i], index, 1);
        code.Insert(index, default);
    }

    static RegexInstruction Shift(RegexInstruction x, int from, int by) => x.Op switch
    {
        RegexOp.Split => new(x.Op, x.A >= from ? x.A + by : x.A, x.B >= from ? x.B + by : x.B),
        RegexOp.Jump or RegexOp.Atomic or RegexOp.LookAhead => new(x.Op, x.A >= from ? x.A + by : x.A, x.B),
        _ => x,
    };

    void Sequence(ref Flags flags)
    {
        while (More && !Peek('|') && !Peek(')'))
        {
            int start = code.Count;
            if (Atom(ref flags)) Quantifiers(start);
        }
    }

    // Returns whether a quantifier may follow.
    bool Atom(ref Flags flags)
    {
        int c = pattern[at++];
        switch (c)
        {
            case '(':
                return Group(ref flags);
            case '[':
                EmitSet(Class(flags.IgnoreCase));
                return true;
            case '.':
                var dot = new CharSet { Negated = !flags.DotAll };
                if (flags.DotAll) dot.Add(_ => true);
                else dot.Add('\n');
                EmitSet(dot);
                return true;
            case '^':
                Emit(syntax == RegexSyntax.Oniguruma ? RegexOp.LineStart : RegexOp.TextStart);
                return true;
            case '$':
                Emit(syntax == RegexSyntax.Oniguruma ? RegexOp.LineEnd : RegexOp.TextEnd);
                return true;
            case '\\':
                return Escape(flags);
            case '*' or '+' or '?':
                throw Error("a quantifier without anything before it");
            default:
                Literal(c, flags);
                return true;
        }
    }

    void Literal(int c, Flags flags)
    {
        var set = new CharSet { IgnoreCase = flags.IgnoreCase };
        set.Add(c);
        EmitSet(set);
    }

    bool Group(ref Flags flags)
    {
        if (!Peek('?'))
        {
            Body(flags);
            return true;
        }
        at++;
        if (Take(":")) Body(flags);
        else if (Take("=")) Look(flags, true);
        else if (Take("!")) Look(flags, false);
        else if (Take(">")) AtomicBody(flags);
        else if (Take("<=")) LookBehind(flags, true);
        else if (Take("<!")) LookBehind(flags, false);
        else if (Take("#"))
        {
            while (More && !Peek(')')) at++;
            Close();
            return false;
        }
        else if (Take("<") || Take("P<"))
        {
            while (More && !Peek('>')) at++;
            if (!Take(">")) throw Error("a group name that does not end");
            Body(flags);
        }
        else return InlineFlags(ref flags);
        return true;
    }

    bool InlineFlags(ref Flags flags)
    {
        var inner = flags;
        bool on = true;
        for (; More && !Peek(')') && !Peek(':'); at++)
        {
            switch (pattern[at])
            {
                case '-': on = false; break;
                case 'i': inner = inner with { IgnoreCase = on }; break;
                case 'm' when syntax == RegexSyntax.Oniguruma: inner = inner with { DotAll = on }; break;
                case 's' when syntax == RegexSyntax.Rust: inner = inner with { DotAll = on }; break;
                case 'u': break;
                default: throw Error($"the group option '{CodePoints.ToText([pattern[at]])}', which tokenizers do not use");
            }
        }
        if (Take(":"))
        {
            Body(inner);
            return true;
        }
        Close();
        flags = inner;
        return false;
    }

    void Body(Flags flags)
    {
        Alternation(flags);
        Close();
    }

    void Close()
    {
        if (!Take(")")) throw Error("a missing )");
    }

    void Look(Flags flags, bool positive)
    {
        int look = Emit(RegexOp.LookAhead, 0, positive ? 1 : 0);
        Body(flags);
        Emit(RegexOp.Accept);
        Patch(look, code.Count);
    }

    void AtomicBody(Flags flags)
    {
        int atomic = Emit(RegexOp.Atomic);
        Body(flags);
        Emit(RegexOp.Accept);
        Patch(atomic, code.Count);
    }

    void LookBehind(Flags flags, bool positive)
    {
        int start = code.Count;
        Body(flags);
        if (code.Count != start + 1 || code[start].Op != RegexOp.Set) throw Error("a look-behind of anything but one character");
        code[start] = new(RegexOp.LookBehindSet, code[start].A, positive ? 1 : 0);
    }

    bool Escape(Flags flags)
    {
        if (!More) throw Error("a \\ at the end");
        int c = pattern[at++];
        switch (c)
        {
            case 'A': Emit(RegexOp.TextStart); return true;
            case 'z': Emit(RegexOp.TextEnd); return true;
            case 'Z': Emit(RegexOp.TextEnd, 1); return true;
            case 'b': Emit(RegexOp.WordBoundary, 1); return true;
            case 'B': Emit(RegexOp.WordBoundary, 0); return true;
        }
        if (c is >= '1' and <= '9' or 'k' or 'g' or 'G' or 'K' or 'X' or 'R') throw Error($"\\{(char)c}, which tokenizers do not use");
        at--;
        var set = new CharSet { IgnoreCase = flags.IgnoreCase };
        ClassEscape(set);
        EmitSet(set);
        return true;
    }

    // What stands after a \ inside or outside of a class, added to the set. Returns the code point if it is a single one, else -1.
    int ClassEscape(CharSet set)
    {
        int c = pattern[at++];
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
            'x' => Peek('{') ? Braced() : Hex(2),
            'u' => Peek('{') ? Braced() : Hex(4),
            _ when c < 128 && char.IsAsciiLetterOrDigit((char)c) => throw Error($"the escape \\{(char)c}, which is not known"),
            _ => c,
        };
        set.Add(value);
        return value;
    }

    int Octal()
    {
        int v = 0;
        for (int i = 0; i < 2 && More && pattern[at] is >= '0' and <= '7'; i++) v = v * 8 + pattern[at++] - '0';
        return v;
    }

    int Hex(int max)
    {
        int v = 0, n = 0;
        for (; n < max && More && pattern[at] < 128 && char.IsAsciiHexDigit((char)pattern[at]); n++) v = v * 16 + Convert.ToInt32(((char)pattern[at++]).ToString(), 16);
        if (n == 0) throw Error("a hexadecimal escape without digits");
        return v;
    }

    int Braced()
    {
        at++;
        int v = Hex(6);
        if (!Take("}")) throw Error("a hexadecimal escape that does not end");
        if (v > 0x10FFFF) throw Error("a code point above U+10FFFF");
        return v;
    }

    void PropertyEscape(CharSet set, bool negated)
    {
        string name;
        if (Take("{"))
        {
            if (Take("^")) negated = !negated;
            int start = at;
            while (More && !Peek('}')) at++;
            name = CodePoints.ToText(pattern.AsSpan(start, at - start));
            if (!Take("}")) throw Error("a property that does not end");
        }
        else
        {
            if (!More) throw Error("a property without a name");
            name = CodePoints.ToText([pattern[at++]]);
        }
        var test = CharSet.Property(name) ?? throw Error($"the property '{name}', which is not known");
        set.Add(negated ? x => !test(x) : test);
    }

    CharSet Class(bool ignoreCase)
    {
        if (++depth > MaxDepth) throw Error($"classes nested deeper than {MaxDepth}");
        var set = new CharSet { IgnoreCase = ignoreCase, Negated = Take("^") };
        bool first = true;
        while (true)
        {
            if (!More) throw Error("a class without ]");
            if (Peek(']') && !first) break;
            first = false;
            if (Take("&&"))
            {
                // The rest of the class is the other side.
                var right = new CharSet { IgnoreCase = ignoreCase };
                ClassItems(right, ignoreCase);
                set.Intersect(right);
                break;
            }
            ClassItem(set, ignoreCase);
        }
        at++;
        depth--;
        return set;
    }

    void ClassItems(CharSet set, bool ignoreCase)
    {
        while (More && !Peek(']')) ClassItem(set, ignoreCase);
        if (!More) throw Error("a class without ]");
    }

    void ClassItem(CharSet set, bool ignoreCase)
    {
        if (Take("[:"))
        {
            bool negated = Take("^");
            int start = at;
            while (More && !Peek(':')) at++;
            string name = CodePoints.ToText(pattern.AsSpan(start, at - start));
            if (!Take(":]")) throw Error("a POSIX class that does not end");
            var test = CharSet.Property(name) ?? throw Error($"the class '[:{name}:]', which is not known");
            set.Add(negated ? x => !test(x) : test);
            return;
        }
        if (Take("["))
        {
            set.Add(Class(ignoreCase));
            return;
        }
        int from = pattern[at++];
        if (from == '\\')
        {
            if (!More) throw Error("a \\ at the end");
            from = ClassEscape(set);
            if (from < 0) return;
        }
        if (Peek('-') && at + 1 < pattern.Length && pattern[at + 1] != ']')
        {
            at++;
            int to = pattern[at++];
            if (to == '\\')
            {
                if (!More) throw Error("a \\ at the end");
                to = ClassEscape(new CharSet());
            }
            else if (to == '[')
            {
                // "a-[" is a, a hyphen, and a class.
                at -= 1;
                set.Add(from);
                set.Add('-');
                return;
            }
            if (to < from) throw Error("a range whose end is below its beginning");
            set.Add(from, to);
            return;
        }
        set.Add(from);
    }

    void Quantifiers(int start)
    {
        while (More)
        {
            int min, max;
            bool interval = false;
            int mark = at;
            if (Take("*")) (min, max) = (0, -1);
            else if (Take("+")) (min, max) = (1, -1);
            else if (Take("?")) (min, max) = (0, 1);
            else if (Peek('{') && Interval(out min, out max)) interval = true;
            else
            {
                at = mark;
                return;
            }
            bool lazy = Take("?");
            bool possessive = !lazy && (!interval || syntax == RegexSyntax.Rust) && Take("+");
            Repeat(start, min, max, lazy, possessive);
        }
    }

    // {n}, {n,}, {,m}, {n,m}; anything else is a literal brace.
    bool Interval(out int min, out int max)
    {
        int mark = at;
        at++;
        bool hasMin = Number(out min);
        max = min;
        if (Take(",")) max = Number(out int m) ? m : -1;
        else if (!hasMin) max = -2;
        if (max == -2 || !hasMin && max < 0 || !Take("}"))
        {
            at = mark;
            return false;
        }
        if (min > MaxRepeat || max > MaxRepeat) throw Error($"a repetition of more than {MaxRepeat}");
        if (max >= 0 && max < min) throw Error("a repetition whose end is below its beginning");
        return true;
    }

    bool Number(out int value)
    {
        value = 0;
        int start = at;
        while (More && pattern[at] is >= '0' and <= '9') value = Math.Min(1_000_000, value * 10 + pattern[at++] - '0');
        return at > start;
    }

    void Repeat(int start, int min, int max, bool lazy, bool possessive)
    {
        var body = code.GetRange(start, code.Count - start);
        code.RemoveRange(start, code.Count - start);
        int atomic = possessive ? Emit(RegexOp.Atomic) : -1;
        for (int i = 0; i < min; i++) Copy(body, start);
        if (max < 0)
        {
            int loop = Emit(RegexOp.Split);
            Copy(body, start);
            Emit(RegexOp.Jump, loop);
            code[loop] = lazy ? new(RegexOp.Split, code.Count, loop + 1) : new(RegexOp.Split, loop + 1, code.Count);
        }
        else
        {
            var choices = new List<int>();
            for (int i = min; i < max; i++)
            {
                choices.Add(Emit(RegexOp.Split));
                Copy(body, start);
            }
            foreach (int choice in choices) code[choice] = lazy ? new(RegexOp.Split, code.Count, choice + 1) : new(RegexOp.Split, choice + 1, code.Count);
        }
        if (possessive)
        {
            Emit(RegexOp.Accept);
            Patch(atomic, code.Count);
        }
    }

    void Copy(List<RegexInstruction> body, int origin)
    {
        if (code.Count + body.Count > MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        int by = code.Count - origin;
        foreach (var x in body) code.Add(Shift(x, 0, by));
    }
}
