using System.Runtime.InteropServices;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers;

/// <summary>
/// A text on its way through normalizers and pre-tokenizers: code points, and for each where it stems from in the text as given.
/// Its alignment rules (an added character takes the place of the one before it) are those of the reference's NormalizedString.
/// </summary>
internal sealed class NormalizedText
{
    int[] chars;
    int[]? starts;
    int[]? ends;

    /// <param name="chars">Code points of the text as given, or a slice of it.</param>
    /// <param name="origin">Where the slice begins in the text as given.</param>
    public NormalizedText(int[] chars, int origin)
    {
        this.chars = chars;
        Length = chars.Length;
        Origin = origin;
        MaxLength = (int)Math.Min(Array.MaxLength, 1_000_000 + 64L * chars.Length);
    }

    /// <summary>How long the text may become: no honest normalizer makes more of it, and a file's replacements must not fill the memory.</summary>
    public int MaxLength { get; private init; }

    /// <summary>Number of code points.</summary>
    public int Length { get; private set; }

    /// <summary>Where this text begins in the text as given.</summary>
    public int Origin { get; }

    public ReadOnlySpan<int> Chars => chars.AsSpan(0, Length);

    public ReadOnlySpan<int> Slice((int Start, int End) range) => chars.AsSpan(range.Start, range.End - range.Start);

    /// <summary>First code point, in the text as given, of what became code point <paramref name="i"/>.</summary>
    public int StartOf(int i) => starts is null ? Origin + i : starts[i];

    /// <summary>One past the last code point, in the text as given, of what became code point <paramref name="i"/>.</summary>
    public int EndOf(int i) => ends is null ? Origin + i + 1 : ends[i];

    /// <summary>A part as a text of its own.</summary>
    public NormalizedText Part(int start, int end)
    {
        var part = new NormalizedText(chars[start..end], start < Length ? StartOf(start) : Origin + Length) { MaxLength = MaxLength };
        if (starts is not null)
        {
            part.starts = starts[start..end];
            part.ends = ends![start..end];
        }
        return part;
    }

    /// <summary>Refuses a length beyond the limit.</summary>
    public void CheckLength(long length)
    {
        if (length > MaxLength) throw new TextGrowthException();
    }

    /// <summary>Replaces characters one for one.</summary>
    public void Map(Func<int, int> map)
    {
        for (int i = 0; i < Length; i++) chars[i] = map(chars[i]);
    }

    /// <summary>Replaces the whole text by a list of changes to it.</summary>
    /// <param name="changes">What becomes of the code points in turn.</param>
    /// <param name="removedFirst">How many code points are dropped before the first change.</param>
    public void Transform(List<Change> changes, int removedFirst = 0)
    {
        var writer = new TextWriter(this, changes.Count);
        writer.Skip(removedFirst);
        foreach (var change in CollectionsMarshal.AsSpan(changes)) writer.Write(change.Char, change.Delta);
        writer.Finish();
    }

    /// <summary>Keeps some code points and drops the others.</summary>
    public void Filter(Func<int, bool> keep)
    {
        int n = 0;
        for (int i = 0; i < Length; i++)
        {
            if (keep(chars[i])) n++;
        }
        if (n == Length) return;
        var writer = new TextWriter(this, n);
        for (int i = 0; i < Length; i++)
        {
            if (keep(chars[i])) writer.Write(chars[i], 0);
            else writer.Skip(1);
        }
        writer.Finish();
    }

    /// <summary>Puts text before the first code point; nothing happens to an empty text.</summary>
    public void Prepend(ReadOnlySpan<int> prefix)
    {
        if (Length == 0 || prefix.Length == 0) return;
        var writer = new TextWriter(this, Length + prefix.Length);
        writer.Prefix(prefix);
        writer.CopyRest();
        writer.Finish();
    }

    /// <summary>Rewrites the text from left to right; what is written keeps its alignment.</summary>
    internal struct TextWriter(NormalizedText text, int capacity)
    {
        int[] chars = new int[capacity];
        int[]? starts;
        int[]? ends;
        bool identity = text.starts is null;

        /// <summary>Next code point of the old text.</summary>
        public int Position { get; private set; }

        /// <summary>Number of code points written.</summary>
        public int Count { get; private set; }

        public void Skip(int n) => Position = Math.Min(text.Length, Position + n);

        /// <summary>Writes a code point that replaces the next one (0), is added (1), or replaces it and n more (-n).</summary>
        public void Write(int c, int delta)
        {
            if (delta > 0)
            {
                int at = Position - 1;
                if (at < 0) Put(c, text.Origin, text.Origin);
                else Put(c, text.StartOf(at), text.EndOf(at));
                return;
            }
            int old = Math.Min(Position, text.Length - 1);
            if (old < 0) Put(c, text.Origin, text.Origin);
            else Put(c, text.StartOf(old), text.EndOf(old));
            Skip(1 - delta);
        }

        /// <summary>Puts a prefix before the next code point, then that code point; all share its alignment.</summary>
        public void Prefix(ReadOnlySpan<int> prefix)
        {
            int next = text.chars[Position];
            for (int i = 0; i < prefix.Length; i++) Write(prefix[i], i == 0 ? 0 : 1);
            Write(next, 1);
        }

        public void CopyTo(int end)
        {
            while (Position < end) Write(text.chars[Position], 0);
        }

        public void CopyRest() => CopyTo(text.Length);

        void Put(int c, int start, int end)
        {
            if (Count == chars.Length) Grow();
            if (identity && (start != text.Origin + Count || end != start + 1)) Materialize();
            if (starts is not null || !identity)
            {
                starts ??= new int[chars.Length];
                ends ??= new int[chars.Length];
                starts[Count] = start;
                ends[Count] = end;
            }
            chars[Count++] = c;
        }

        void Materialize()
        {
            identity = false;
            starts = new int[chars.Length];
            ends = new int[chars.Length];
            for (int i = 0; i < Count; i++)
            {
                starts[i] = text.Origin + i;
                ends[i] = text.Origin + i + 1;
            }
        }

        void Grow()
        {
            text.CheckLength(Count + 1L);
            int size = (int)Math.Min(text.MaxLength, Math.Max(16L, chars.Length * 2L));
            Array.Resize(ref chars, size);
            if (starts is not null)
            {
                Array.Resize(ref starts, size);
                Array.Resize(ref ends, size);
            }
        }

        public readonly void Finish()
        {
            text.chars = chars;
            text.Length = Count;
            text.starts = starts;
            text.ends = ends;
            if (!identity && starts is null)
            {
                text.starts = [];
                text.ends = [];
            }
        }
    }
}

/// <summary>A tokenizer's replacements make too much of a text; the tokenizer adds its file's name.</summary>
internal sealed class TextGrowthException() : Exception("The text grows beyond all measure.");

/// <summary>A stretch of text that is not an added token, cut into pre-tokens.</summary>
internal sealed class Segment(NormalizedText text)
{
    /// <summary>The text; a pre-tokenizer that changes characters rewrites it together with the ranges.</summary>
    public NormalizedText Text { get; } = text;

    /// <summary>The pre-tokens, as ranges of <see cref="Text"/>; none is empty.</summary>
    public List<(int Start, int End)> Ranges { get; set; } = text.Length == 0 ? [] : [(0, text.Length)];
}
