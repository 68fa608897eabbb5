namespace Sensorium.Cli.Verify;

/// <summary>What became of a check's field.</summary>
public enum Verdict
{
    /// <summary>Within the tolerance.</summary>
    Passed,

    /// <summary>Outside it, or an error.</summary>
    Failed,

    /// <summary>Not run: the family, the model or the media is not there.</summary>
    Skipped,

    /// <summary>A distance without a verdict (Fast mode).</summary>
    Shown,
}

/// <summary>A row of the report: one field of one check.</summary>
/// <param name="Check">The check's name.</param>
/// <param name="Field">The field's name.</param>
/// <param name="Verdict">What became of it.</param>
public sealed record CheckRow(string Check, string Field, Verdict Verdict)
{
    /// <summary>The expected shape; empty where there is none.</summary>
    public string Shape { get; init; } = "";

    /// <summary>The largest absolute difference; null where it is no matter of distance.</summary>
    public double? Absolute { get; init; }

    /// <summary>The largest relative difference.</summary>
    public double? Relative { get; init; }

    /// <summary>What was allowed.</summary>
    public string Allowed { get; init; } = "";

    /// <summary>Where it failed first, or why it was skipped.</summary>
    public string Detail { get; init; } = "";
}
