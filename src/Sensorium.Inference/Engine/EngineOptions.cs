using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>How the engine runs.</summary>
public sealed record EngineOptions
{
    /// <summary>Exact or Fast arithmetic.</summary>
    public Numerics Numerics { get; init; } = Numerics.Fast;

    /// <summary>The type of kept keys and values; null: F32 in Exact, F16 in Fast.</summary>
    public DType? KvType { get; init; }

    /// <summary>The most memory for kept keys and values of a model, in bytes.</summary>
    public long KvBytes { get; init; } = 2L << 30;

    /// <summary>The most rows of a step: what a long prompt holds up the others by.</summary>
    public int StepRows { get; init; } = 512;

    /// <summary>The most sequences that run at a time; others wait.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most memory for encoded pictures, in bytes.</summary>
    public long MediaBytes { get; init; } = 256L << 20;

    /// <summary>The most pixels of a picture.</summary>
    public long MaxPixels { get; init; } = 100_000_000;
}
