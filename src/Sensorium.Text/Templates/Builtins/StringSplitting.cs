using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>str.split, rsplit and splitlines.</summary>
internal static class StringSplitting
{
    public static List<string> Split(RenderState state, string text, string? separator, long limit, bool fromRight)
    {
        if (separator is { Length: 0 })
            throw Fault.Value("empty separator");
        state.Meter.Search(text.Length, separator?.Length ?? 0);
        if (limit < 0)
            limit = long.MaxValue;
        var parts = separator is null
            ? fromRight ? BlanksFromRight(state, text, limit) : Blanks(state, text, limit)
            : fromRight ? FromRight(state, text, separator, limit) : FromLeft(state, text, separator, limit);
        if (fromRight)
            parts.Reverse();
        return parts;
    }

    /// <summary>The lines, by all of Unicode's line boundaries.</summary>
    public static List<string> Lines(RenderState state, string text, bool keepEnds)
    {
        var lines = new List<string>();
        var start = 0;
        while (start < text.Length)
        {
            var end = start;
            while (end < text.Length && !IsLineEnd(text[end]))
                end++;
            var next = end >= text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            Add(state, lines, text, start, keepEnds ? next : end);
            start = next;
        }
        return lines;
    }

    public static bool IsLineEnd(char c) => c is '\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029';

    static List<string> FromLeft(RenderState state, string text, string separator, long limit)
    {
        var parts = new List<string>();
        var start = 0;
        for (int at; limit-- > 0 && (at = text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; start = at + separator.Length)
            Add(state, parts, text, start, at);
        Add(state, parts, text, start, text.Length);
        return parts;
    }

    static List<string> FromRight(RenderState state, string text, string separator, long limit)
    {
        var parts = new List<string>();
        var end = text.Length;
        for (int at; limit-- > 0 && (at = text.AsSpan(0, end).LastIndexOf(separator)) >= 0; end = at)
            Add(state, parts, text, at + separator.Length, end);
        Add(state, parts, text, 0, end);
        return parts;
    }

    static List<string> Blanks(RenderState state, string text, long limit)
    {
        var parts = new List<string>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && StringMethods.IsSpace(text[at]))
                at++;
            if (at >= text.Length)
                return parts;
            if (limit-- <= 0)
            {
                Add(state, parts, text, at, text.Length);
                return parts;
            }
            var start = at;
            while (at < text.Length && !StringMethods.IsSpace(text[at]))
                at++;
            Add(state, parts, text, start, at);
        }
    }

    static List<string> BlanksFromRight(RenderState state, string text, long limit)
    {
        var parts = new List<string>();
        var at = text.Length;
        while (true)
        {
            while (at > 0 && StringMethods.IsSpace(text[at - 1]))
                at--;
            if (at <= 0)
                return parts;
            if (limit-- <= 0)
            {
                Add(state, parts, text, 0, at);
                return parts;
            }
            var end = at;
            while (at > 0 && !StringMethods.IsSpace(text[at - 1]))
                at--;
            Add(state, parts, text, at, end);
        }
    }

    static void Add(RenderState state, List<string> parts, string text, int start, int end)
    {
        state.Meter.Allocate(end - start + 8L);
        parts.Add(text[start..end]);
    }
}
