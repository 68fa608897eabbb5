using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>A picture is decoded beside the engine: whoever waits for it waits alone.</summary>
public sealed class PictureDecodingTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly CpuDevice device = new();
    readonly SlowDecoder system = new() { Name = "slow", Backbone = new CountingBackbone(), Tokenizer = FakeSystem.Tokenizer, Generation = new GenerationConfig(), Identity = "fake" };

    public void Dispose()
    {
        system.Gate.Set();
        device.Dispose();
    }

    [Fact]
    public async Task OthersAreAnsweredWhileAPictureIsDecoded()
    {
        using var engine = new Engine(device);
        Task<List<int>> seeing = engine.Answer(system, Seeing(1));
        await system.Decoding(1).WaitAsync(Patience);
        (await engine.Answer(system, GenerationRequest.Of([5], 3)).WaitAsync(Patience)).ShouldBe([6, 7, 8]);
        seeing.IsCompleted.ShouldBeFalse();
        system.Gate.Set();
        (await seeing.WaitAsync(Patience)).ShouldBe([21, 22]);
    }

    [Fact]
    public async Task CancellingDoesNotWaitForTheDecoder()
    {
        using var engine = new Engine(device);
        using var cancel = new CancellationTokenSource();
        Task<List<int>> seeing = engine.Answer(system, Seeing(1), cancel.Token);
        await system.Decoding(1).WaitAsync(Patience);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => seeing.WaitAsync(Patience));
        engine.PromisedBytes.ShouldBe(0);

        // Its decoder runs on; the next picture finds room beside it.
        Task<List<int>> next = engine.Answer(system, Seeing(2));
        await system.Decoding(2).WaitAsync(Patience);
        system.Gate.Set();
        (await next.WaitAsync(Patience)).ShouldBe([21, 22]);
    }

    [Fact]
    public async Task TheEngineSleepsWhileAllWaitForDecodersAndOnlyAFewRun()
    {
        using var engine = new Engine(device, new EngineOptions(), ownLoop: false);
        Generation[] seeing = [.. Enumerable.Range(1, 4).Select(i => engine.Submit(system, Seeing(i)))];
        engine.Step().ShouldBeFalse();
        engine.Step().ShouldBeFalse();
        await Task.WhenAll(system.Decoding(1), system.Decoding(2)).WaitAsync(Patience);
        system.Begun.ShouldBe(2);
        system.Gate.Set();
        while (seeing.Any(generation => generation.Usage.NewTokens < 2))
        {
            engine.Step();
        }

        system.Begun.ShouldBe(4);
    }

    [Fact]
    public async Task APictureThatSeveralAskForIsDecodedOnce()
    {
        using var engine = new Engine(device, new EngineOptions(), ownLoop: false);
        Generation[] seeing = [.. Enumerable.Range(0, 3).Select(_ => engine.Submit(system, Seeing(1))), engine.Submit(system, Seeing(2))];
        engine.Step().ShouldBeFalse();
        await Task.WhenAll(system.Decoding(1), system.Decoding(2)).WaitAsync(Patience);
        system.Gate.Set();
        while (seeing.Any(generation => generation.Usage.NewTokens < 2))
        {
            engine.Step();
        }

        system.Begun.ShouldBe(2);
    }

    [Fact]
    public async Task WhatWasEncodedIsNotDecodedAgainAndAFailureIsItsOwnersAlone()
    {
        system.Gate.Set();
        using var engine = new Engine(device);
        await engine.Answer(system, Seeing(1)).WaitAsync(Patience);

        // Another text before it, so that its keys are not reused, but its soft tokens are.
        await engine.Answer(system, Seeing(1) with { Prompt = [PromptSpan.Of([9]), .. Seeing(1).Prompt] }).WaitAsync(Patience);
        system.Begun.ShouldBe(1);
        Task<List<int>> broken = engine.Answer(system, Seeing(SlowDecoder.Broken));
        Task<List<int>> whole = engine.Answer(system, Seeing(3));
        (await Should.ThrowAsync<MediaException>(() => broken.WaitAsync(Patience))).Message.ShouldContain("broken");
        (await whole.WaitAsync(Patience)).ShouldBe([21, 22]);
    }

    static GenerationRequest Seeing(int number) => new()
    {
        Prompt = [PromptSpan.Of(new Picture($"picture {number}", new[] { (byte)number }), 3)],
        MaxNewTokens = 2,
    };

    /// <summary>Its decoders wait at a gate. A picture is three soft tokens that count as id 20.</summary>
    sealed class SlowDecoder : LanguageSystem
    {
        public const int Broken = 99;

        readonly TaskCompletionSource[] begun = [.. Enumerable.Range(0, 100).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        int count;

        public ManualResetEventSlim Gate { get; } = new(false);

        public int Begun => Volatile.Read(ref count);

        public override int MaxPictures => 10;

        public Task Decoding(int number) => begun[number].Task;

        public override int SoftTokens(Picture picture) => 3;

        public override PreparedPicture Prepare(Picture picture, MediaBudget budget)
        {
            int number = int.Parse(picture.Name.AsSpan("picture ".Length), System.Globalization.CultureInfo.InvariantCulture);
            Interlocked.Increment(ref count);
            begun[number].TrySetResult();
            Gate.Wait(Patience);
            return number == Broken ? throw MediaException.TooLarge(picture.Name, "is broken", "Mend it") : new PreparedPicture(picture, []);
        }

        public override Tensor Encode(Compute c, PreparedPicture picture) => c.FromHost([20, 0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0], 3, 4);
    }
}
