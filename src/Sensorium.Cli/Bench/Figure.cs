namespace Sensorium.Cli.Bench;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The median.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Share">The share of the ceiling that bounds it; null where none does.</param>
/// <param name="Of">Which ceiling.</param>
sealed record Figure(string Name, double Value, string Unit, double? Share = null, string? Of = null);
