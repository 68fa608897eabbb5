namespace Sensorium.Text.Templates;

/// <summary>What a template may use up, so that a hostile one can neither hang nor exhaust memory.</summary>
public sealed record TemplateLimits
{
    /// <summary>The limits that are used where none are given.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>Steps of one rendering: evaluated nodes, plus a share for every character or element that is copied or compared.</summary>
    public long MaxSteps { get; init; } = 8_000_000;

    /// <summary>Characters that may be alive at once in one rendering, over and above four times the input; a list element counts as <see cref="ElementCost"/>.</summary>
    public long MaxMemory { get; init; } = 16 << 20;

    /// <summary>Macro calls within macro calls (Python's recursion limit ends them at about this depth).</summary>
    public int MaxCallDepth { get; init; } = 200;

    /// <summary>Expressions and blocks within each other, in the source.</summary>
    public int MaxNesting { get; init; } = 200;

    /// <summary>Characters of a template's source.</summary>
    public int MaxSourceLength { get; init; } = 4 << 20;

    /// <summary>What one element of a list or mapping counts as, in characters.</summary>
    internal const int ElementCost = 16;
}
