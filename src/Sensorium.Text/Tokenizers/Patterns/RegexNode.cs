namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>Instructions of a compiled regular expression.</summary>
internal enum RegexOp
{
    /// <summary>One code point of set <c>A</c>.</summary>
    Set,

    /// <summary>Try <c>A</c>, then <c>B</c>.</summary>
    Split,

    /// <summary>Go on at <c>A</c>.</summary>
    Jump,

    /// <summary>The body at the next instruction, up to its <see cref="Accept"/>, must match here (B = 1) or must not (B = 0); go on at <c>A</c>.</summary>
    LookAhead,

    /// <summary>The body matches once, without coming back to it; go on at <c>A</c>.</summary>
    Atomic,

    /// <summary>The code point before must be of set <c>A</c> (B = 1), or there is none such (B = 0).</summary>
    LookBehindSet,

    /// <summary>Beginning of the text.</summary>
    TextStart,

    /// <summary>Beginning of a line.</summary>
    LineStart,

    /// <summary>End of the text, or before its last line feed (A = 1).</summary>
    TextEnd,

    /// <summary>End of a line.</summary>
    LineEnd,

    /// <summary>Word boundary (A = 1), or none (A = 0).</summary>
    WordBoundary,

    /// <summary>The (sub)expression matched.</summary>
    Accept,
}

/// <summary>One instruction.</summary>
internal readonly record struct RegexInstruction(RegexOp Op, int A = 0, int B = 0);
