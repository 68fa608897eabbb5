using System.Text;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>A text. Python counts code points where C# counts UTF-16 units, so indices are translated where a text has surrogate pairs.</summary>
internal sealed class StrValue : TemplateValue
{
    static readonly StrValue[] Ascii = MakeAscii();

    int length = -1;

    StrValue(string text, bool isMarkup)
    {
        Text = text;
        IsMarkup = isMarkup;
    }

    public static StrValue Empty { get; } = new("", isMarkup: false);

    public string Text { get; }

    /// <summary>The text is HTML already (markupsafe's Markup): escaping leaves it alone.</summary>
    public bool IsMarkup { get; }

    internal override string TypeName => IsMarkup ? "Markup" : "str";

    internal override bool IsTrue => Text.Length > 0;

    internal override long Weight => Text.Length;

    /// <summary>The number of code points.</summary>
    public int Length
    {
        get
        {
            if (length < 0)
                length = CountCodePoints(Text);
            return length;
        }
    }

    /// <summary>Code points and UTF-16 units are the same.</summary>
    public bool IsFlat => Length == Text.Length;

    public static StrValue Of(string text) => text.Length switch
    {
        0 => Empty,
        1 when text[0] < 128 => Ascii[text[0]],
        _ => new StrValue(text, isMarkup: false),
    };

    public static StrValue Of(char c) => c < 128 ? Ascii[c] : new StrValue(c.ToString(), isMarkup: false);

    public static StrValue Markup(string text) => new(text, isMarkup: true);

    /// <summary>A text that is markup where this one is.</summary>
    public StrValue Like(string text) => IsMarkup ? Markup(text) : Of(text);

    /// <summary>The code points from <paramref name="start"/>, <paramref name="count"/> of them.</summary>
    public string Substring(int start, int count)
    {
        if (IsFlat)
            return Text.Substring(start, count);
        var from = UnitIndex(start);
        return Text.Substring(from, UnitIndex(start + count) - from);
    }

    /// <summary>Where a code point begins, in UTF-16 units.</summary>
    public int UnitIndex(int codePoint)
    {
        if (IsFlat)
            return codePoint;
        Meter.Current?.Step(codePoint >> 4);
        var unit = 0;
        for (var i = 0; i < codePoint; i++)
            unit += PairAt(Text, unit) ? 2 : 1;
        return unit;
    }

    /// <summary>Which code point begins at a UTF-16 unit.</summary>
    public int CodePointIndex(int unit)
    {
        if (IsFlat)
            return unit;
        Meter.Current?.Step(unit >> 4);
        return CountCodePoints(Text.AsSpan(0, unit));
    }

    public IEnumerable<TemplateValue> CodePoints()
    {
        for (var i = 0; i < Text.Length; i++)
        {
            if (PairAt(Text, i))
                yield return new StrValue(Text.Substring(i++, 2), isMarkup: false);
            else
                yield return Of(Text[i]);
        }
    }

    /// <summary>The text as code points, lone surrogates as they are.</summary>
    public int[] ToCodePoints()
    {
        var points = new int[Length];
        var i = 0;
        for (var unit = 0; unit < Text.Length; unit++)
            points[i++] = PairAt(Text, unit) ? char.ConvertToUtf32(Text[unit], Text[++unit]) : Text[unit];
        return points;
    }

    public static string FromCodePoint(int point) => point is >= 0xD800 and < 0xE000 ? ((char)point).ToString() : char.ConvertFromUtf32(point);

    public static void Append(StringBuilder builder, int point)
    {
        if (point < 0x10000)
            builder.Append((char)point);
        else
            builder.Append(char.ConvertFromUtf32(point));
    }

    public static int CountCodePoints(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        if (at < 0)
            return text.Length;
        var count = text.Length;
        for (; at < text.Length - 1; at++)
        {
            if (char.IsHighSurrogate(text[at]) && char.IsLowSurrogate(text[at + 1]))
            {
                count--;
                at++;
            }
        }
        return count;
    }

    static bool PairAt(string text, int unit) =>
        char.IsHighSurrogate(text[unit]) && unit + 1 < text.Length && char.IsLowSurrogate(text[unit + 1]);

    static StrValue[] MakeAscii()
    {
        var values = new StrValue[128];
        for (var i = 0; i < values.Length; i++)
            values[i] = new StrValue(((char)i).ToString(), isMarkup: false);
        return values;
    }
}
