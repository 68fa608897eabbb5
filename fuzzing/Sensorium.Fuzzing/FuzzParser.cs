namespace Sensorium.Fuzzing;

/// <summary>Gives one input to a parser. It swallows the exceptions that the parser may raise; whatever it throws is a finding.</summary>
/// <param name="data">Any bytes.</param>
public delegate void FuzzTarget(ReadOnlySpan<byte> data);

/// <summary>A parser of foreign bytes: tested for a moment with a fixed seed, and as long as one likes by <c>./fuzz</c>.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="One">Parses one input.</param>
/// <param name="Seeds">Good inputs, which mutation starts from.</param>
public sealed record FuzzParser(string Name, FuzzTarget One, Func<IReadOnlyList<byte[]>> Seeds)
{
    /// <summary>What the format is made of: words and marks that mutation puts in.</summary>
    public IReadOnlyList<byte[]> Pieces { get; init; } = [];
}
