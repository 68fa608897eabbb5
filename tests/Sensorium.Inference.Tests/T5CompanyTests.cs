using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>T5's greedy answer is the same whoever else asks, on any number of threads, and whatever is kept of its source.</summary>
public sealed class T5CompanyTests
{
    static readonly int[][] Sources =
    [
        .. new[] { 7, 70, 1, 200, 64, 33, 70 }.Select((length, i) => Enumerable.Range(0, length).Select(n => 3 + (n * 31 + i * 17 + n * n) % 230).Append(1).ToArray()),
    ];

    [Theory]
    [InlineData("t5", Numerics.Exact)]
    [InlineData("flan-t5", Numerics.Exact)]
    [InlineData("flan-t5", Numerics.Fast)]
    public async Task AnAnswerIsTheSameAloneAndInCompany(string bundle, Numerics numerics)
    {
        var alone = new List<int>[Sources.Length];
        using (var one = new CpuDevice(threads: 1))
        {
            TextSystem system = Load(bundle, one);
            using var engine = new Engine(one, new EngineOptions { Numerics = numerics });
            for (int i = 0; i < alone.Length; i++)
            {
                alone[i] = await Answer(engine, system, Sources[i]);
            }
        }

        alone.Select(ids => string.Join(' ', ids)).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(4);
        using var two = new CpuDevice(threads: 2);
        TextSystem shared = Load(bundle, two);
        using var busy = new Engine(two, new EngineOptions { Numerics = numerics, StepRows = 80 });
        (await Together(busy, shared, Sources)).ShouldBe(alone);
        (await Together(busy, shared, Sources)).ShouldBe(alone);
        using var wide = new Engine(two, new EngineOptions { Numerics = numerics });
        (await Together(wide, shared, [.. Sources.Reverse()])).ShouldBe([.. alone.Reverse()]);
    }

    static TextSystem Load(string bundle, CpuDevice device) =>
        FakeSystem.Of((Backbone)ModelLoader.Load(Path.Combine(NanoModel.Bundle(bundle), "model"), device).Model);

    static Task<List<int>> Answer(Engine engine, LanguageSystem system, int[] source) => engine.Answer(system, GenerationRequest.Of(source, 30));

    static async Task<List<int>[]> Together(Engine engine, LanguageSystem system, int[][] sources) =>
        await Task.WhenAll(sources.Select(source => Task.Run(() => Answer(engine, system, source))));
}
