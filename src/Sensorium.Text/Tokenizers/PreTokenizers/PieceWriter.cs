namespace Sensorium.Text.Tokenizers.PreTokenizers;

/// <summary>Puts text before pieces, keeping ranges and alignment in step.</summary>
internal static class PieceWriter
{
    /// <param name="segment">The text and its pieces; none is empty.</param>
    /// <param name="prefix">What to put before a piece.</param>
    /// <param name="when">Given a piece's first code point and where it begins in the text as given: whether it gets the prefix.</param>
    public static void Prefix(Segment segment, ReadOnlySpan<int> prefix, Func<int, int, bool> when)
    {
        var text = segment.Text;
        var ranges = segment.Ranges;
        bool any = false;
        foreach (var (start, _) in ranges) any |= when(text.Chars[start], text.StartOf(start));
        if (!any) return;
        var writer = new NormalizedText.TextWriter(text, text.Length + prefix.Length * Math.Min(ranges.Count, 16));
        for (int r = 0; r < ranges.Count; r++)
        {
            var (start, end) = ranges[r];
            writer.Skip(start - writer.Position);
            int from = writer.Count;
            if (when(text.Chars[start], text.StartOf(start))) writer.Prefix(prefix);
            writer.CopyTo(end);
            ranges[r] = (from, writer.Count);
        }
        writer.Finish();
    }
}
