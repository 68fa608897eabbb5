namespace Sensorium.Text.Tokenizers;

/// <summary>The ids that steer a model; null where the files name none.</summary>
public sealed record SpecialTokens
{
    /// <summary>Begin of text.</summary>
    public int? Bos { get; init; }

    /// <summary>End of text.</summary>
    public int? Eos { get; init; }

    /// <summary>What the vocabulary does not have.</summary>
    public int? Unknown { get; init; }

    /// <summary>Padding.</summary>
    public int? Pad { get; init; }

    /// <summary>Separator between texts.</summary>
    public int? Separator { get; init; }

    /// <summary>What classifiers read.</summary>
    public int? Classification { get; init; }

    /// <summary>A gap to fill.</summary>
    public int? Mask { get; init; }

    /// <summary>Every id that ends an answer: end of text, end of turn, end of message.</summary>
    public IReadOnlySet<int> EndOfGeneration { get; init; } = new HashSet<int>();
}
