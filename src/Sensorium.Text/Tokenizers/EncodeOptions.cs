namespace Sensorium.Text.Tokenizers;

/// <summary>Which text gives way when there are too many tokens.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer of a pair.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>An end of a text.</summary>
public enum TextSide
{
    /// <summary>Where it begins.</summary>
    Left,

    /// <summary>Where it ends.</summary>
    Right,
}

/// <summary>How much of a text is kept.</summary>
/// <param name="MaxLength">Most tokens, those that the post-processor adds included.</param>
/// <param name="Strategy">Which text of a pair is cut.</param>
/// <param name="Side">At which end.</param>
/// <param name="Stride">How many tokens a window of <see cref="TokenEncoding.Overflowing"/> shares with the one before it.</param>
public sealed record Truncation(int MaxLength, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, TextSide Side = TextSide.Right, int Stride = 0);

/// <summary>What is put beside too few tokens.</summary>
/// <param name="Length">To how many tokens; 0: only up to the multiple.</param>
/// <param name="MultipleOf">The length is rounded up to a multiple of this; 0: it is not.</param>
/// <param name="Side">At which end.</param>
/// <param name="Id">Id of the padding token.</param>
/// <param name="TypeId">Its type id.</param>
/// <param name="Token">The padding token.</param>
public sealed record Padding(int Length, int MultipleOf = 0, TextSide Side = TextSide.Right, int Id = 0, int TypeId = 0, string Token = "[PAD]");

/// <summary>How a text is encoded.</summary>
public sealed record EncodeOptions
{
    /// <summary>The defaults.</summary>
    public static EncodeOptions Default { get; } = new();

    /// <summary>The post-processor's tokens (begin of text, [CLS] …) are added.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>Special tokens that stand in the text become their ids; else they are ordinary text.</summary>
    public bool ParseSpecialTokens { get; init; } = true;

    /// <summary>Null: nothing is cut.</summary>
    public Truncation? Truncation { get; init; }

    /// <summary>Null: nothing is padded.</summary>
    public Padding? Padding { get; init; }

    /// <summary>The windows beyond the first are returned as well.</summary>
    public bool ReturnOverflowing { get; init; }
}
