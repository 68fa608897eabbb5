namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>Something that finds non-overlapping matches in a text, left to right.</summary>
internal abstract class TextPattern
{
    /// <summary>Steps enough for any honest pattern on a text of this length.</summary>
    public static long Budget(int length) => 1_000_000 + 300L * length;

    /// <summary>Appends the matches; an empty one marks a place between characters, and never stands at the end of another.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="matches">Gets the matches.</param>
    /// <param name="budget">Steps that are left; shared by the pieces of one text.</param>
    public abstract void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches, ref long budget);
}

/// <summary>A literal string.</summary>
internal sealed class LiteralPattern(int[] literal) : TextPattern
{
    public override void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches, ref long budget)
    {
        if (literal.Length == 0) return;
        for (int at = 0; ;)
        {
            int i = text[at..].IndexOf(literal);
            if (i < 0) return;
            matches.Add((at + i, at + i + literal.Length));
            at += i + literal.Length;
        }
    }
}

/// <summary>Every single code point of a class.</summary>
internal sealed class ClassPattern(Func<int, bool> isMember) : TextPattern
{
    public override void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches, ref long budget)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (isMember(text[i])) matches.Add((i, i + 1));
        }
    }
}
