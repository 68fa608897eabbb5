using Sensorium.Inference.Sampling;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>
/// Classes that run while no other does. A collection that another test brings about ends the thread's piece of the heap,
/// and what was free in it then counts as allocated.
/// </summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>A step in which sequences only go on allocates nothing on the managed heap.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SteadyStepTests : IDisposable
{
    const int Sequences = 3;
    const int Warm = 6;
    const int Steps = 24;
    const int Windows = 3;

    readonly CpuDevice device = new(threads: 2);

    public void Dispose() => device.Dispose();

    static SamplingOptions Sampling(string way) => way switch
    {
        "greedy" => new SamplingOptions(),
        "drawn" => new SamplingOptions { Temperature = 0.8f, TopK = 20, TopP = 0.9f, MinP = 0.01f, TypicalP = 0.95f, Seed = 3 },
        _ => new SamplingOptions { RepetitionPenalty = 1.1f, PresencePenalty = 0.5f, FrequencyPenalty = 0.5f, NoRepeatNgramSize = 3 },
    };

    [Theory]
    [InlineData(Numerics.Exact, "Q4_1", "greedy")]
    [InlineData(Numerics.Fast, "Q4_1", "greedy")]
    [InlineData(Numerics.Fast, "Q4_K", "greedy")]
    [InlineData(Numerics.Fast, "BF16", "greedy")]
    [InlineData(Numerics.Fast, "Q8_0", "drawn")]
    [InlineData(Numerics.Exact, "Q8_0", "penalised")]
    public void NothingIsAllocated(Numerics numerics, string type, string way) =>
        NothingIsAllocatedBy(Path.Combine(NanoModel.Bundle("gguf-quant-types"), $"model-{type}.gguf"), numerics, way);

    [Theory]
    [InlineData(Numerics.Exact)]
    [InlineData(Numerics.Fast)]
    public void NorWhereAMemoryIsRead(Numerics numerics) =>
        NothingIsAllocatedBy(Path.Combine(NanoModel.Bundle("gguf-archs"), "model-t5.gguf"), numerics, "greedy");

    [Theory]
    [InlineData("mixtral", Numerics.Exact)]
    [InlineData("qwen3-moe", Numerics.Fast)]
    public void NorWhereExpertsAreMixed(string bundle, Numerics numerics) =>
        NothingIsAllocatedBy(FakeSystem.Of((Backbone)ModelLoader.Load(Path.Combine(NanoModel.Bundle(bundle), "model"), device).Model), numerics, "greedy");

    void NothingIsAllocatedBy(string model, Numerics numerics, string way) => NothingIsAllocatedBy(ModelLoader.LoadSystem(model, device), numerics, way);

    void NothingIsAllocatedBy(LanguageSystem system, Numerics numerics, string way)
    {
        using var engine = new Engine(device, new EngineOptions { Numerics = numerics }, ownLoop: false);
        Generation[] generations = [.. Enumerable.Range(0, Sequences).Select(i => engine.Submit(system, new GenerationRequest
        {
            Prompt = [PromptSpan.Of([5 + i, 9, 11, 13])],
            Sampling = Sampling(way),
            MaxNewTokens = Warm + Windows * Steps + 10,
            EndIds = [],
        }))];
        for (int i = 0; i < Warm; i++)
        {
            engine.Step().ShouldBeTrue();
        }

        // The runtime allocates once when a lock is first contended, whenever that is: a step that allocates does it in each window.
        long allocated = long.MaxValue;
        for (int window = 0; window < Windows && allocated != 0; window++)
        {
            int before = generations.Sum(g => g.Usage.NewTokens);
            long start = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Steps; i++)
            {
                engine.Step();
            }

            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - start);
            generations.Sum(g => g.Usage.NewTokens).ShouldBe(before + Steps * Sequences);
        }

        allocated.ShouldBe(0);
    }
}
