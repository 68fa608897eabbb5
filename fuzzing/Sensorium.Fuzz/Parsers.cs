using Sensorium.Fuzzing;
using Sensorium.Media.Tests;
using Sensorium.Models.Tests.Fuzz;
using Sensorium.Text.Tests;
using Sensorium.Weights.Tests.Fuzz;

namespace Sensorium.Fuzz;

/// <summary>The parsers of foreign bytes: each test project says which it tests, on which seeds.</summary>
static class Parsers
{
    public static IReadOnlyList<FuzzParser> All { get; } = [.. MediaParsers.All, .. TextParsers.All, .. WeightsParsers.All, .. ModelsParsers.All];

    public static FuzzParser? Named(string name) => All.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
