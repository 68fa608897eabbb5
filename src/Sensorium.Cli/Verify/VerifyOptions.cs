using Sensorium.Tensors;

namespace Sensorium.Cli.Verify;

/// <summary>How bundles are run.</summary>
public sealed record VerifyOptions
{
    /// <summary>Fast arithmetic: distances are shown, and judged where a bundle states them for quantised activations.</summary>
    public bool Fast { get; init; }

    /// <summary>Only checks whose name, or whose bundle's, contains this.</summary>
    public string? Filter { get; init; }

    /// <summary>Exact or Fast.</summary>
    public Numerics Numerics => Fast ? Numerics.Fast : Numerics.Exact;
}
