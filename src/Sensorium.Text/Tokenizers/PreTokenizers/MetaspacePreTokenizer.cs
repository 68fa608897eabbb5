using Sensorium.Text.Tokenizers.Patterns;

namespace Sensorium.Text.Tokenizers.PreTokenizers;

/// <summary>When a Metaspace puts its mark before a piece.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before the piece that begins the text.</summary>
    First,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>SentencePiece's way with spaces: each becomes a visible mark, pieces begin at marks.</summary>
internal sealed class MetaspacePreTokenizer(int mark, PrependScheme scheme, bool split) : PreTokenizer
{
    readonly SplitPreTokenizer splitter = new(new LiteralPattern([mark]), SplitBehavior.MergedWithNext);

    public override void Apply(Segment segment)
    {
        segment.Text.Map(c => c == ' ' ? mark : c);
        if (scheme != PrependScheme.Never) PieceWriter.Prefix(segment, [mark], (first, origin) => first != mark && (scheme == PrependScheme.Always || origin == 0));
        if (split) splitter.Apply(segment);
    }
}
