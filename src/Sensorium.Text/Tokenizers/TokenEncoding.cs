namespace Sensorium.Text.Tokenizers;

/// <summary>An encoded text (or pair of texts): parallel lists, one entry a token.</summary>
public sealed class TokenEncoding
{
    /// <summary>Token ids.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Which text a token belongs to, as the model is to see it (BERT's segment ids).</summary>
    public required IReadOnlyList<int> TypeIds { get; init; }

    /// <summary>1 for tokens, 0 for padding.</summary>
    public required IReadOnlyList<int> AttentionMask { get; init; }

    /// <summary>1 for tokens that the post-processor or padding added.</summary>
    public required IReadOnlyList<int> SpecialTokensMask { get; init; }

    /// <summary>Where a token stands in the text as given, [start, end) in code points; (0, 0) for added ones.</summary>
    public required IReadOnlyList<(int Start, int End)> Offsets { get; init; }

    /// <summary>The tokens themselves.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>The further windows of a truncated text, if they were asked for.</summary>
    public IReadOnlyList<TokenEncoding> Overflowing { get; init; } = [];
}
