using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>Compiles a regular expression to instructions. What has no place in a tokenizer (back references, named calls, conditionals) is refused by name.</summary>
internal sealed class RegexParser
{
    const int MaxRepeat = 1000;

    readonly RegexReader reader;
    readonly RegexClasses classes;
    readonly RegexProgram code = new();
    readonly RegexSyntax syntax;

    RegexParser(string text, RegexSyntax syntax)
    {
        reader = new(text);
        classes = new(reader);
        this.syntax = syntax;
    }

    public static (RegexInstruction[] Code, CharSet[] Sets) Compile(string text, RegexSyntax syntax)
    {
        var parser = new RegexParser(text, syntax);
        parser.Alternation(new Flags(false, false));
        if (parser.reader.More) throw parser.reader.Error("an unmatched )");
        parser.code.Emit(RegexOp.Accept);
        return parser.code.Finish();
    }

    readonly record struct Flags(bool IgnoreCase, bool DotAll);

    void Alternation(Flags flags)
    {
        reader.Enter("groups");
        var exits = new List<int>();
        while (true)
        {
            int start = code.Count;
            Sequence(ref flags);
            if (!reader.Peek('|')) break;
            reader.At++;
            // The branch is already there: shift it by one to put the choice before it.
            code.Insert(start);
            exits.Add(code.Emit(RegexOp.Jump));
            code[start] = new(RegexOp.Split, start + 1, code.Count);
        }
        foreach (int exit in exits) code.Patch(exit, code.Count);
        reader.Leave();
    }

    void Sequence(ref Flags flags)
    {
        while (reader.More && !reader.Peek('|') && !reader.Peek(')'))
        {
            int start = code.Count;
            if (Atom(ref flags)) Quantifiers(start);
        }
    }

    // Returns whether a quantifier may follow.
    bool Atom(ref Flags flags)
    {
        int c = reader.Next();
        switch (c)
        {
            case '(':
                return Group(ref flags);
            case '[':
                code.EmitSet(classes.Class(flags.IgnoreCase));
                return true;
            case '.':
                var dot = new CharSet { Negated = !flags.DotAll };
                if (flags.DotAll) dot.Add(_ => true);
                else dot.Add('\n');
                code.EmitSet(dot);
                return true;
            case '^':
                code.Emit(syntax == RegexSyntax.Oniguruma ? RegexOp.LineStart : RegexOp.TextStart);
                return true;
            case '$':
                code.Emit(syntax == RegexSyntax.Oniguruma ? RegexOp.LineEnd : RegexOp.TextEnd);
                return true;
            case '\\':
                return Escape(flags);
            case '*' or '+' or '?':
                throw reader.Error("a quantifier without anything before it");
            default:
                Literal(c, flags);
                return true;
        }
    }

    void Literal(int c, Flags flags)
    {
        var set = new CharSet { IgnoreCase = flags.IgnoreCase };
        set.Add(c);
        code.EmitSet(set);
    }

    bool Group(ref Flags flags)
    {
        if (!reader.Peek('?'))
        {
            Body(flags);
            return true;
        }
        reader.At++;
        if (reader.Take(":")) Body(flags);
        else if (reader.Take("=")) Look(flags, true);
        else if (reader.Take("!")) Look(flags, false);
        else if (reader.Take(">")) AtomicBody(flags);
        else if (reader.Take("<=")) LookBehind(flags, true);
        else if (reader.Take("<!")) LookBehind(flags, false);
        else if (reader.Take("#"))
        {
            reader.Until(')');
            Close();
            return false;
        }
        else if (reader.Take("<") || reader.Take("P<"))
        {
            reader.Until('>');
            if (!reader.Take(">")) throw reader.Error("a group name that does not end");
            Body(flags);
        }
        else return InlineFlags(ref flags);
        return true;
    }

    bool InlineFlags(ref Flags flags)
    {
        var inner = flags;
        bool on = true;
        for (; reader.More && !reader.Peek(')') && !reader.Peek(':'); reader.At++)
        {
            switch (reader.Current)
            {
                case '-': on = false; break;
                case 'i': inner = inner with { IgnoreCase = on }; break;
                case 'm' when syntax == RegexSyntax.Oniguruma: inner = inner with { DotAll = on }; break;
                case 's' when syntax == RegexSyntax.Rust: inner = inner with { DotAll = on }; break;
                case 'u': break;
                default: throw reader.Error($"the group option '{CodePoints.ToText([reader.Current])}', which tokenizers do not use");
            }
        }
        if (reader.Take(":"))
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
        if (!reader.Take(")")) throw reader.Error("a missing )");
    }

    void Look(Flags flags, bool positive)
    {
        int look = code.Emit(RegexOp.LookAhead, 0, positive ? 1 : 0);
        Body(flags);
        code.Emit(RegexOp.Accept);
        code.Patch(look, code.Count);
    }

    void AtomicBody(Flags flags)
    {
        int atomic = code.Emit(RegexOp.Atomic);
        Body(flags);
        code.Emit(RegexOp.Accept);
        code.Patch(atomic, code.Count);
    }

    void LookBehind(Flags flags, bool positive)
    {
        int start = code.Count;
        Body(flags);
        if (code.Count != start + 1 || code[start].Op != RegexOp.Set) throw reader.Error("a look-behind of anything but one character");
        code[start] = new(RegexOp.LookBehindSet, code[start].A, positive ? 1 : 0);
    }

    bool Escape(Flags flags)
    {
        if (!reader.More) throw reader.Error("a \\ at the end");
        int c = reader.Next();
        switch (c)
        {
            case 'A': code.Emit(RegexOp.TextStart); return true;
            case 'z': code.Emit(RegexOp.TextEnd); return true;
            case 'Z': code.Emit(RegexOp.TextEnd, 1); return true;
            case 'b': code.Emit(RegexOp.WordBoundary, 1); return true;
            case 'B': code.Emit(RegexOp.WordBoundary, 0); return true;
        }
        if (c is >= '1' and <= '9' or 'k' or 'g' or 'G' or 'K' or 'X' or 'R') throw reader.Error($"\\{(char)c}, which tokenizers do not use");
        reader.At--;
        var set = new CharSet { IgnoreCase = flags.IgnoreCase };
        classes.Escape(set);
        code.EmitSet(set);
        return true;
    }

    void Quantifiers(int start)
    {
        while (reader.More)
        {
            int min, max;
            bool interval = false;
            int mark = reader.At;
            if (reader.Take("*")) (min, max) = (0, -1);
            else if (reader.Take("+")) (min, max) = (1, -1);
            else if (reader.Take("?")) (min, max) = (0, 1);
            else if (reader.Peek('{') && Interval(out min, out max)) interval = true;
            else
            {
                reader.At = mark;
                return;
            }
            bool lazy = reader.Take("?");
            bool possessive = !lazy && (!interval || syntax == RegexSyntax.Rust) && reader.Take("+");
            Repeat(start, min, max, lazy, possessive);
        }
    }

    // {n}, {n,}, {,m}, {n,m}; anything else is a literal brace.
    bool Interval(out int min, out int max)
    {
        int mark = reader.At;
        reader.At++;
        bool hasMin = reader.Number(out min);
        max = min;
        if (reader.Take(",")) max = reader.Number(out int m) ? m : -1;
        else if (!hasMin) max = -2;
        if (max == -2 || !hasMin && max < 0 || !reader.Take("}"))
        {
            reader.At = mark;
            return false;
        }
        if (min > MaxRepeat || max > MaxRepeat) throw reader.Error($"a repetition of more than {MaxRepeat}");
        if (max >= 0 && max < min) throw reader.Error("a repetition whose end is below its beginning");
        return true;
    }

    void Repeat(int start, int min, int max, bool lazy, bool possessive)
    {
        var body = code.Take(start);
        int atomic = possessive ? code.Emit(RegexOp.Atomic) : -1;
        for (int i = 0; i < min; i++) code.Copy(body, start);
        if (max < 0)
        {
            int loop = code.Emit(RegexOp.Split);
            code.Copy(body, start);
            code.Emit(RegexOp.Jump, loop);
            code[loop] = lazy ? new(RegexOp.Split, code.Count, loop + 1) : new(RegexOp.Split, loop + 1, code.Count);
        }
        else
        {
            var choices = new List<int>();
            for (int i = min; i < max; i++)
            {
                choices.Add(code.Emit(RegexOp.Split));
                code.Copy(body, start);
            }
            foreach (int choice in choices) code[choice] = lazy ? new(RegexOp.Split, code.Count, choice + 1) : new(RegexOp.Split, choice + 1, code.Count);
        }
        if (possessive)
        {
            code.Emit(RegexOp.Accept);
            code.Patch(atomic, code.Count);
        }
    }
}
