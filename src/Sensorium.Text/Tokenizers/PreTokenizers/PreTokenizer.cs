using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.PreTokenizers;

/// <summary>Cuts a text into pre-tokens, which the model then looks at one by one.</summary>
internal abstract class PreTokenizer
{
    public abstract void Apply(Segment segment);
}

/// <summary>Several pre-tokenizers in turn.</summary>
internal sealed class SequencePreTokenizer(PreTokenizer[] parts) : PreTokenizer
{
    public override void Apply(Segment segment)
    {
        foreach (var part in parts) part.Apply(segment);
    }
}

/// <summary>Splits at a pattern.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    public override void Apply(Segment segment)
    {
        var pieces = new List<(int Start, int End)>(segment.Ranges.Count);
        var matches = new List<(int Start, int End)>();
        long budget = TextPattern.Budget(segment.Text.Length);
        foreach (var range in segment.Ranges)
        {
            matches.Clear();
            pattern.FindAll(segment.Text.Slice(range), matches, ref budget);
            Splitter.Split(range, matches, behavior, invert, pieces);
        }
        segment.Ranges = pieces;
    }
}

/// <summary>Cuts every so many code points.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    public override void Apply(Segment segment)
    {
        var pieces = new List<(int Start, int End)>();
        foreach (var (start, end) in segment.Ranges)
        {
            for (int i = start; i < end; i += length) pieces.Add((i, Math.Min(end, i + length)));
        }
        segment.Ranges = pieces;
    }
}

/// <summary>Runs of word characters, and runs of what is neither word nor space; spaces are dropped.</summary>
internal sealed class WhitespacePreTokenizer : PreTokenizer
{
    public override void Apply(Segment segment)
    {
        var pieces = new List<(int Start, int End)>();
        var chars = segment.Text.Chars;
        foreach (var (start, end) in segment.Ranges)
        {
            for (int i = start; i < end;)
            {
                int j = i + 1;
                if (CharClass.IsWord(chars[i]))
                {
                    while (j < end && CharClass.IsWord(chars[j])) j++;
                    pieces.Add((i, j));
                }
                else if (!CharClass.IsWhiteSpace(chars[i]))
                {
                    while (j < end && !CharClass.IsWord(chars[j]) && !CharClass.IsWhiteSpace(chars[j])) j++;
                    pieces.Add((i, j));
                }
                i = j;
            }
        }
        segment.Ranges = pieces;
    }
}

/// <summary>Cuts where the Unicode script changes; Hiragana and Katakana count as Han, a space as any script (SentencePiece's rule).</summary>
internal sealed class UnicodeScriptsPreTokenizer : PreTokenizer
{
    const int Any = -2;
    static readonly int Han = Array.IndexOf(ScriptTables.Names, "Han");
    static readonly int Hiragana = Array.IndexOf(ScriptTables.Names, "Hiragana");
    static readonly int Katakana = Array.IndexOf(ScriptTables.Names, "Katakana");

    public override void Apply(Segment segment)
    {
        var pieces = new List<(int Start, int End)>();
        var chars = segment.Text.Chars;
        foreach (var (start, end) in segment.Ranges)
        {
            // The first character that has a script begins the first piece; leading spaces are dropped, as in the reference.
            int from = -1, last = int.MinValue;
            for (int i = start; i < end; i++)
            {
                int script = Script(chars[i]);
                if (script == Any) continue;
                if (script != last)
                {
                    if (from >= 0) pieces.Add((from, i));
                    from = i;
                }
                last = script;
            }
            if (from >= 0) pieces.Add((from, end));
        }
        segment.Ranges = pieces;
    }

    static int Script(int c)
    {
        if (c == 0x30FC) return Han;
        if (c == ' ') return Any;
        int script = CharClass.Script(c);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
