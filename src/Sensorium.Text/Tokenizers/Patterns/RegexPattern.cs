using System.Buffers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>
/// A regular expression over code points, with leftmost-first semantics as backtracking engines have them, but in time linear in the text:
/// a choice point that failed at a position is remembered and never tried again. What memory cannot hold (very long texts, nested look-aheads) is bounded by a step budget.
/// </summary>
internal sealed class RegexPattern : TextPattern
{
    const long MemoBits = 128L << 20;

    readonly RegexInstruction[] code;
    readonly CharSet[] sets;
    readonly int[] choiceNumber;
    readonly int choices;
    readonly string file;
    readonly string key;

    RegexPattern(RegexInstruction[] code, CharSet[] sets, string file, string key)
    {
        this.code = code;
        this.sets = sets;
        this.file = file;
        this.key = key;
        choiceNumber = new int[code.Length];
        for (int i = 0; i < code.Length; i++) choiceNumber[i] = code[i].Op == RegexOp.Split ? choices++ : -1;
    }

    /// <summary>Compiles a pattern; the well-known word patterns become scanners.</summary>
    /// <exception cref="TokenizerException">The pattern is malformed, or uses what tokenizers do not.</exception>
    public static TextPattern Compile(string regex, string file, string key, RegexSyntax syntax = RegexSyntax.Oniguruma)
    {
        if (WordPattern.ForRegex(regex) is { } known) return known;
        return General(regex, file, key, syntax);
    }

    /// <summary>Compiles a pattern without looking for a scanner.</summary>
    public static RegexPattern General(string regex, string file, string key, RegexSyntax syntax = RegexSyntax.Oniguruma)
    {
        try
        {
            var (code, sets) = RegexParser.Compile(regex, syntax);
            return new(code, sets, file, key);
        }
        catch (RegexSyntaxException e)
        {
            throw new TokenizerException(file, key, $"the regular expression has {e.Message}", e);
        }
    }

    public override void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches, ref long budget)
    {
        if (text.Length == 0) return;
        int window = (int)Math.Min(text.Length + 1, Math.Max(4096, MemoBits / Math.Max(1, choices)));
        int words = (int)(((long)window * choices + 63) / 64);
        var memo = ArrayPool<ulong>.Shared.Rent(Math.Max(1, words));
        try
        {
            memo.AsSpan(0, words).Clear();
            var run = new Matcher(this, text, memo, words, window, ref budget);
            int last = -1;
            for (int at = 0; at <= text.Length;)
            {
                run.Slide(at);
                int end = run.Match(0, at);
                if (end > at || end == at && at != last) matches.Add((at, end));
                if (end > at) at = last = end;
                else at++;
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(memo);
        }
    }

    ref struct Matcher(RegexPattern pattern, ReadOnlySpan<int> text, ulong[] memo, int words, int window, ref long budget)
    {
        readonly ReadOnlySpan<int> text = text;
        readonly List<(int Pc, int At, int Trail)> stack = [];
        readonly List<long> trail = [];
        readonly ref long budget = ref budget;
        int windowStart;

        // Long texts: the memory covers a window that moves on with the search.
        public void Slide(int at)
        {
            if (at - windowStart < window / 2 || windowStart + window > text.Length) return;
            memo.AsSpan(0, words).Clear();
            windowStart = at;
        }

        /// <summary>End of the match that begins at instruction <paramref name="pc"/> and position <paramref name="at"/>; -1 for none.</summary>
        public int Match(int pc, int at)
        {
            int stackBase = stack.Count, trailBase = trail.Count;
            while (true)
            {
                if (--budget < 0) throw new TokenizerException(pattern.file, pattern.key, "the regular expression takes too many steps on this text");
                var x = pattern.code[pc];
                bool ok = true;
                switch (x.Op)
                {
                    case RegexOp.Set:
                        if (at < text.Length && pattern.sets[x.A].Contains(text[at]))
                        {
                            at++;
                            pc++;
                        }
                        else ok = false;
                        break;
                    case RegexOp.Split:
                        // Where the next character already decides between two sets, nothing has to be remembered.
                        int sure = Decided(x, at);
                        if (sure >= 0) pc = sure;
                        else if (sure == Neither || Seen(pc, at)) ok = false;
                        else
                        {
                            stack.Add((x.B, at, trail.Count));
                            pc = x.A;
                        }
                        break;
                    case RegexOp.Jump:
                        pc = x.A;
                        break;
                    case RegexOp.LookAhead:
                        ok = Match(pc + 1, at) >= 0 == (x.B == 1);
                        pc = x.A;
                        break;
                    case RegexOp.Atomic:
                        int end = Match(pc + 1, at);
                        ok = end >= 0;
                        at = end;
                        pc = x.A;
                        break;
                    case RegexOp.Accept:
                        // What led here did not fail: forget its marks.
                        for (int i = trailBase; i < trail.Count; i++) memo[trail[i] >> 6] &= ~(1UL << (int)(trail[i] & 63));
                        trail.RemoveRange(trailBase, trail.Count - trailBase);
                        stack.RemoveRange(stackBase, stack.Count - stackBase);
                        return at;
                    default:
                        ok = Assert(x, at);
                        pc++;
                        break;
                }
                if (ok) continue;
                if (stack.Count == stackBase)
                {
                    trail.RemoveRange(trailBase, trail.Count - trailBase);
                    return -1;
                }
                (pc, at, int keep) = stack[^1];
                stack.RemoveAt(stack.Count - 1);
                trail.RemoveRange(keep, trail.Count - keep);
            }
        }

        const int Neither = -2;

        // The branch to take if it is a set that has the next character and the other one is a set that has not; -1 when both are open.
        readonly int Decided(RegexInstruction split, int at)
        {
            var (first, second) = (pattern.code[split.A], pattern.code[split.B]);
            if (first.Op != RegexOp.Set && second.Op != RegexOp.Set) return -1;
            bool can1 = first.Op != RegexOp.Set || at < text.Length && pattern.sets[first.A].Contains(text[at]);
            bool can2 = second.Op != RegexOp.Set || at < text.Length && pattern.sets[second.A].Contains(text[at]);
            if (!can1 && !can2) return Neither;
            if (!can2 && first.Op == RegexOp.Set) return split.A;
            return !can1 && second.Op == RegexOp.Set ? split.B : -1;
        }

        readonly bool Seen(int pc, int at)
        {
            int offset = at - windowStart;
            if ((uint)offset >= (uint)window) return false;
            long bit = (long)pattern.choiceNumber[pc] * window + offset;
            ulong mask = 1UL << (int)(bit & 63);
            if ((memo[bit >> 6] & mask) != 0) return true;
            memo[bit >> 6] |= mask;
            trail.Add(bit);
            return false;
        }

        readonly bool Assert(RegexInstruction x, int at) => x.Op switch
        {
            RegexOp.LookBehindSet => (at > 0 && pattern.sets[x.A].Contains(text[at - 1])) == (x.B == 1),
            RegexOp.TextStart => at == 0,
            RegexOp.LineStart => at == 0 || text[at - 1] == '\n' && at < text.Length,
            RegexOp.TextEnd => at == text.Length || x.A == 1 && at == text.Length - 1 && text[at] == '\n',
            RegexOp.LineEnd => at == text.Length || text[at] == '\n',
            _ => (IsWordAt(at - 1) != IsWordAt(at)) == (x.A == 1),
        };

        readonly bool IsWordAt(int i) => i >= 0 && i < text.Length && CharClass.IsRegexWord(text[i]);
    }
}
