using System.Text.Json;
using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Models.Tests;

public sealed class RopeTests
{
    static RopeTable Read(string json, int headSize = 4)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Rope.Read(new Config("config.json", document.RootElement.Clone()), headSize);
    }

    // The unit vector (1, 0) of each pair, turned at a position: its cosine and sine.
    static (double Cos, double Sin)[] Turned(RopeTable table, int position, int headSize = 4)
    {
        using var c = new ScalarDevice().NewCompute(Numerics.Exact);
        var plan = new Plan();
        plan.Add(1, position: position);
        var unit = new float[headSize];
        unit.AsSpan(0, headSize / 2).Fill(1);
        var turned = new float[headSize];
        c.Read(c.Rope(c.FromHost(unit, 1, headSize), plan, table, headSize), turned);
        return [.. Enumerable.Range(0, headSize / 2).Select(i => ((double)turned[i], (double)turned[i + headSize / 2]))];
    }

    static void ShouldTurnBy((double Cos, double Sin) turned, double angle, double magnitude = 1)
    {
        turned.Cos.ShouldBe(Math.Cos(angle) * magnitude, 1e-5);
        turned.Sin.ShouldBe(Math.Sin(angle) * magnitude, 1e-5);
    }

    [Fact]
    public void PlainFrequenciesFallByTheBase()
    {
        var turned = Turned(Read("""{"rope_theta": 100}"""), 3);
        ShouldTurnBy(turned[0], 3);
        ShouldTurnBy(turned[1], 0.3);
    }

    [Fact]
    public void LinearScalingDividesPositions()
    {
        var turned = Turned(Read("""{"rope_theta": 100, "rope_scaling": {"type": "linear", "factor": 2}}"""), 3);
        ShouldTurnBy(turned[0], 1.5);
        ShouldTurnBy(turned[1], 0.15);
    }

    [Fact]
    public void DynamicScalingGrowsTheBaseBeyondTheTrainedLength()
    {
        RopeTable table = Read("""{"rope_parameters": {"rope_type": "dynamic", "rope_theta": 100, "factor": 2}, "max_position_embeddings": 8}""");
        table.DependsOnLength.ShouldBeTrue();
        ShouldTurnBy(Turned(table, 3)[1], 0.3);

        // Length 16: the base is 100 · (2 · 16 / 8 - 1)^(4 / 2) = 900.
        ShouldTurnBy(Turned(table, 15)[1], 15 / 30.0);
    }

    [Fact]
    public void Llama3ScalingSlowsLongWavesOnly()
    {
        // Wavelengths 2 π and 20 π against bounds 512 / 4 and 512 / 1: both short, so neither is slowed.
        string form = """{"rope_theta": 100, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": TRAINED}}""";
        ShouldTurnBy(Turned(Read(form.Replace("TRAINED", "512", StringComparison.Ordinal)), 3)[1], 0.3);

        // Against 32: 20 π is longer than 32 / 1, so it is slowed eightfold.
        ShouldTurnBy(Turned(Read(form.Replace("TRAINED", "32", StringComparison.Ordinal)), 3)[1], 0.3 / 8);
    }

    [Fact]
    public void YarnRaisesTheMagnitude()
    {
        RopeTable table = Read("""{"rope_theta": 100, "max_position_embeddings": 64, "rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 16}}""");
        table.Magnitude.ShouldBe(0.1f * MathF.Log(4) + 1, 1e-6);
    }

    [Fact]
    public void LongRopeSwitchesItsFactorsForTheWholeSequence()
    {
        RopeTable table = Read("""
            {
                "rope_theta": 100, "max_position_embeddings": 64, "original_max_position_embeddings": 16,
                "rope_scaling": {"type": "longrope", "short_factor": [1, 2], "long_factor": [4, 8]}
            }
            """);
        double magnitude = Math.Sqrt(1 + Math.Log(4) / Math.Log(16));
        ShouldTurnBy(Turned(table.For(16), 3)[0], 3, magnitude);
        ShouldTurnBy(Turned(table.For(16), 3)[1], 0.15, magnitude);
        ShouldTurnBy(Turned(table.For(17), 3)[0], 0.75, magnitude);
        ShouldTurnBy(Turned(table.For(17), 3)[1], 0.0375, magnitude);
        table.SameUpTo.ShouldBe(16);
        table.SwitchesOnce.ShouldBeTrue();
    }

    [Fact]
    public void PartOfAHeadMayPass()
    {
        RopeTable table = Read("""{"rope_theta": 100, "partial_rotary_factor": 0.5}""", headSize: 8);
        table.Pairs.ShouldBe(2);
    }
}
