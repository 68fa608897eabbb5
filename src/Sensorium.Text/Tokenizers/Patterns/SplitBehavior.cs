namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>What becomes of a delimiter when a text is split at it.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a piece of its own.</summary>
    Isolated,

    /// <summary>It ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring delimiters are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts ranges of a text at a pattern's matches.</summary>
internal static class Splitter
{
    /// <summary>Appends the pieces of one range.</summary>
    /// <param name="range">The range.</param>
    /// <param name="matches">The matches, relative to its start.</param>
    /// <param name="behavior">What becomes of the delimiters.</param>
    /// <param name="invert">The matches are the text, and what lies between them the delimiters.</param>
    /// <param name="pieces">Gets the pieces.</param>
    public static void Split((int Start, int End) range, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<(int Start, int End)> pieces)
    {
        int length = range.End - range.Start;
        int at = 0;
        var state = new State(range.Start, behavior, pieces);
        foreach (var (start, end) in matches)
        {
            if (start > at) state.Add(at, start, invert);
            state.Add(start, end, !invert);
            at = end;
        }
        if (at < length) state.Add(at, length, invert);
        state.Finish();
    }

    struct State(int origin, SplitBehavior behavior, List<(int Start, int End)> pieces)
    {
        int heldStart = -1, heldEnd;
        bool previousDelimiter;
        bool any;

        public void Add(int start, int end, bool delimiter)
        {
            switch (behavior)
            {
                case SplitBehavior.Removed:
                    if (!delimiter) Put(start, end);
                    break;
                case SplitBehavior.Isolated:
                    Put(start, end);
                    break;
                case SplitBehavior.Contiguous:
                    if (any && delimiter == previousDelimiter) heldEnd = end;
                    else Hold(start, end);
                    break;
                case SplitBehavior.MergedWithPrevious:
                    if (delimiter && any && !previousDelimiter) heldEnd = end;
                    else Hold(start, end);
                    break;
                default:
                    // A run of delimiters: the last of them joins the text after it.
                    if (!delimiter && any && previousDelimiter) heldEnd = end;
                    else Hold(start, end);
                    break;
            }
            previousDelimiter = delimiter;
            any = true;
        }

        void Hold(int start, int end)
        {
            Finish();
            heldStart = start;
            heldEnd = end;
        }

        public void Finish()
        {
            if (heldStart >= 0) Put(heldStart, heldEnd);
            heldStart = -1;
        }

        readonly void Put(int start, int end)
        {
            if (end > start) pieces.Add((origin + start, origin + end));
        }
    }
}
