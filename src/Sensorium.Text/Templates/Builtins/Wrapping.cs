using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>The wordwrap filter: lines broken at blanks (and behind hyphens) within a width, each line of the text by itself.</summary>
internal static class Wrapping
{
    public static TemplateValue WordWrap(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        var width = given[0] is null ? 79 : Methods.Integer(given[0]!);
        if (width <= 0)
            throw Fault.Value($"invalid width {width} (must be > 0)");
        var breaksLong = given[1]?.IsTrue ?? true;
        var newline = given[2] is null or NoneValue ? "\n" : Printer.Str(state.Meter, given[2]!);
        if (value is StrValue all)
            state.Meter.Step(all.Text.Length);
        var onHyphens = given[3]?.IsTrue ?? true;
        if (value is not StrValue text)
            throw value is UndefinedValue undefined ? undefined.Fail() : new Fault(TemplateErrorKind.Attribute, $"the filter works on text, not on {value.TypeName}");
        var builder = new StringBuilder();
        var first = true;
        foreach (var line in StringSplitting.Lines(state, text.Text, keepEnds: false))
        {
            if (!first)
                builder.Append(newline);
            first = false;
            var wrapped = Wrap(state, Chunks(line, onHyphens), (int)Math.Min(width, int.MaxValue), breaksLong, onHyphens);
            for (var i = 0; i < wrapped.Count; i++)
            {
                state.Meter.Allocate(wrapped[i].Length + newline.Length);
                if (i > 0)
                    builder.Append(newline);
                builder.Append(wrapped[i]);
            }
        }
        return text.Like(builder.ToString());
    }

    static List<string> Wrap(RenderState state, List<string> chunks, int width, bool breaksLong, bool onHyphens)
    {
        chunks.Reverse();
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            if (lines.Count > 0 && IsBlank(chunks[^1]))
                chunks.RemoveAt(chunks.Count - 1);
            var line = new List<string>();
            var length = 0;
            while (chunks.Count > 0 && length + chunks[^1].Length <= width)
            {
                state.Meter.Step();
                length += chunks[^1].Length;
                line.Add(chunks[^1]);
                chunks.RemoveAt(chunks.Count - 1);
            }
            if (chunks.Count > 0 && chunks[^1].Length > width)
                BreakLong(state, chunks, line, width, length, breaksLong, onHyphens);
            if (line.Count > 0 && IsBlank(line[^1]))
                line.RemoveAt(line.Count - 1);
            if (line.Count > 0)
                lines.Add(string.Concat(line));
        }
        return lines;
    }

    static void BreakLong(RenderState state, List<string> chunks, List<string> line, int width, int length, bool breaksLong, bool onHyphens)
    {
        // With no room left nothing is taken, and the blank in front of it then stays: a quirk of Python's textwrap.
        var room = width - length;
        if (!breaksLong)
        {
            if (line.Count > 0)
                return;
            line.Add(chunks[^1]);
            chunks.RemoveAt(chunks.Count - 1);
            return;
        }
        var chunk = chunks[^1];
        state.Meter.Allocate(chunk.Length);
        var end = room;
        if (onHyphens && room > 0)
        {
            var hyphen = chunk.LastIndexOf('-', room - 1);
            if (hyphen > 0 && chunk.AsSpan(0, hyphen).IndexOfAnyExcept('-') >= 0)
                end = hyphen + 1;
        }
        line.Add(chunk[..end]);
        chunks[^1] = chunk[end..];
    }

    /// <summary>Words and the blanks between them; words are cut behind hyphens that stand between letters.</summary>
    static List<string> Chunks(string line, bool onHyphens)
    {
        var chunks = new List<string>();
        for (var at = 0; at < line.Length;)
        {
            var blank = IsBlank(line[at]);
            var end = at + 1;
            while (end < line.Length && IsBlank(line[end]) == blank
                && !(onHyphens && !blank && line[end - 1] == '-' && end - at >= 3 && char.IsLetter(line[end]) && char.IsLetter(line[end - 2]) && end + 1 < line.Length && char.IsLetter(line[end + 1])))
            {
                end++;
            }
            chunks.Add(line[at..end]);
            at = end;
        }
        return chunks;
    }

    static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\v' or '\f' or '\r';

    static bool IsBlank(string text) => text.Length == 0 || text.AsSpan().IndexOfAnyExcept(" \t\n\v\f\r") < 0;
}
