using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

public sealed class EngineTests : IDisposable
{
    readonly CpuDevice device = new();

    public void Dispose() => device.Dispose();

    Engine NewEngine(EngineOptions? options = null) => new(device, (options ?? new EngineOptions()) with { Numerics = Numerics.Exact });

    [Fact]
    public async Task AnAnswerEndsAtItsLongest()
    {
        using Engine engine = NewEngine();
        (await engine.Answer(FakeSystem.Of(new CountingBackbone()), GenerationRequest.Of([5, 6], 4))).ShouldBe([7, 8, 9, 10]);
    }

    [Fact]
    public async Task AnAnswerEndsWithTheEndOfText()
    {
        using Engine engine = NewEngine();
        (await engine.Answer(FakeSystem.Of(new CountingBackbone(), 9), GenerationRequest.Of([5, 6], 40))).ShouldBe([7, 8, 9]);
    }

    [Fact]
    public async Task ALongPromptGoesInChunks()
    {
        using Engine engine = NewEngine(new EngineOptions { StepRows = 16 });
        var backbone = new CountingBackbone();
        int[] prompt = [.. Enumerable.Range(0, 40)];
        (await engine.Answer(FakeSystem.Of(backbone), GenerationRequest.Of(prompt, 2))).ShouldBe([40, 41]);
        backbone.PassRows.ShouldBe([16, 16, 8, 1]);
    }

    [Fact]
    public async Task ASequenceThatGrowsPastAChangeOfKeysIsComputedOnceMore()
    {
        using Engine engine = NewEngine();
        var backbone = new CountingBackbone(keysChangeBeyond: 10);
        TextSystem system = FakeSystem.Of(backbone);
        (await engine.Answer(system, GenerationRequest.Of([.. Enumerable.Range(0, 8)], 6))).ShouldBe([8, 9, 10, 11, 12, 13]);
        backbone.PassRows.ShouldBe([8, 1, 1, 11, 1, 1]);
    }

    [Fact]
    public async Task KeysOfAShortSequenceDoNotServeALongOneNorTheOtherWayRound()
    {
        using Engine engine = NewEngine();
        var backbone = new CountingBackbone(keysChangeBeyond: 10);
        TextSystem system = FakeSystem.Of(backbone);
        foreach (int length in new[] { 12, 8, 12, 9 })
        {
            await engine.Answer(system, GenerationRequest.Of([.. Enumerable.Range(0, length)], 1));
        }

        // Only the last finds keys of a sequence that was as short as itself.
        backbone.PassRows.ShouldBe([12, 8, 12, 1]);
    }

    [Fact]
    public async Task ARepeatedPromptIsNotComputedAgain()
    {
        using Engine engine = NewEngine();
        var backbone = new CountingBackbone();
        TextSystem system = FakeSystem.Of(backbone);
        int[] prompt = [.. Enumerable.Range(0, 90)];
        await engine.Answer(system, GenerationRequest.Of(prompt, 1));
        backbone.PassRows.Clear();
        await using Generation again = engine.Submit(system, GenerationRequest.Of([.. prompt, 90, 91], 1));
        await foreach (int id in again.ReadAllAsync())
        {
            id.ShouldBe(92);
        }

        // 90 rows are kept (the 26 of the second page are copied), the last two are new.
        again.Usage.CachedTokens.ShouldBe(90);
        backbone.PassRows.ShouldBe([2]);
    }

    [Fact]
    public async Task AnotherBeginningIsComputed()
    {
        using Engine engine = NewEngine();
        TextSystem system = FakeSystem.Of(new CountingBackbone());
        await engine.Answer(system, GenerationRequest.Of([.. Enumerable.Range(0, 70)], 1));
        await using Generation other = engine.Submit(system, GenerationRequest.Of([9, .. Enumerable.Range(1, 69)], 1));
        await foreach (int id in other.ReadAllAsync())
        {
            id.ShouldBe(70);
        }

        other.Usage.CachedTokens.ShouldBe(0);
    }

    [Fact]
    public async Task ManyAnswersRunTogether()
    {
        using Engine engine = NewEngine();
        TextSystem system = FakeSystem.Of(new CountingBackbone());
        List<int>[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => engine.Answer(system, GenerationRequest.Of([i], 30)))));
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i].ShouldBe([.. Enumerable.Range(i + 1, 30)]);
        }
    }

    [Fact]
    public async Task OneWhoDoesNotFitYetWaits()
    {
        // Room for two pages: two short answers at a time.
        using Engine engine = NewEngine(new EngineOptions { KvBytes = 2 * 64 * 8 * sizeof(float) });
        TextSystem system = FakeSystem.Of(new CountingBackbone());
        List<int>[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => engine.Answer(system, GenerationRequest.Of([i], 40))));
        answers.ShouldAllBe(a => a.Count == 40);
    }

    [Theory]
    [InlineData(1000, 1, RequestError.ContextOverflow, "1000")]
    [InlineData(990, 20, RequestError.ContextOverflow, "at most 10")]
    [InlineData(0, 1, RequestError.UnsupportedContent, "empty")]
    [InlineData(3, 0, RequestError.UnsupportedOption, "1 or more")]
    public void WhatDoesNotFitIsRefusedWithTheNumbers(int prompt, int newTokens, RequestError error, string mention)
    {
        using Engine engine = NewEngine();
        RequestException e = Should.Throw<RequestException>(() => engine.Submit(FakeSystem.Of(new CountingBackbone()), GenerationRequest.Of(new int[prompt], newTokens)));
        e.Error.ShouldBe(error);
        e.Message.ShouldContain(mention);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-1)]
    public void AnIdBeyondTheVocabularyIsRefusedBeforeItSharesAPass(int id)
    {
        using Engine engine = NewEngine();
        TextSystem system = FakeSystem.Of(new CountingBackbone(vocabulary: 100));
        RequestException e = Should.Throw<RequestException>(() => engine.Submit(system, new GenerationRequest { Prompt = [PromptSpan.Of([1, 2]), PromptSpan.Of([3, id])] }));
        e.Error.ShouldBe(RequestError.UnsupportedContent);
        e.Message.ShouldContain($"token id {id} at position 3");
        e.Message.ShouldContain("100 tokens");
    }

    [Fact]
    public void MoreMemoryThanIsAllowedIsRefusedWithTheNumbers()
    {
        using Engine engine = NewEngine(new EngineOptions { KvBytes = 64 * 8 * sizeof(float) });
        RequestException e = Should.Throw<RequestException>(() => engine.Submit(FakeSystem.Of(new CountingBackbone()), GenerationRequest.Of(new int[60], 10)));
        e.Error.ShouldBe(RequestError.OutOfMemory);
        e.Message.ShouldContain("70");
        e.Message.ShouldContain("64");
    }

    [Fact]
    public async Task CancellingEndsTheAnswerAndFreesItsPages()
    {
        using Engine engine = NewEngine(new EngineOptions { KvBytes = 16 * 64 * 8 * sizeof(float) });
        TextSystem system = FakeSystem.Of(new CountingBackbone());
        for (int i = 0; i < 5; i++)
        {
            using var cancel = new CancellationTokenSource();
            int seen = 0;
            await using Generation generation = engine.Submit(system, GenerationRequest.Of([1], 900));
            await Should.ThrowAsync<OperationCanceledException>(async () =>
            {
                await foreach (int id in generation.ReadAllAsync(cancel.Token))
                {
                    if (++seen == 3)
                    {
                        await cancel.CancelAsync();
                    }
                }
            });
        }

        (await engine.Answer(system, GenerationRequest.Of([1], 900))).Count.ShouldBe(900);
    }

    [Fact]
    public async Task TheSameSeedGivesTheSameAnswer()
    {
        using Engine engine = NewEngine();
        TextSystem system = FakeSystem.Of(new CountingBackbone());
        var hot = new SamplingOptions { Temperature = 100, Seed = 7 };
        GenerationRequest request = GenerationRequest.Of([1], 30) with { Sampling = hot };
        List<int> first = await engine.Answer(system, request);
        (await engine.Answer(system, request)).ShouldBe(first);
        (await engine.Answer(system, request with { Sampling = hot with { Seed = 8 } })).ShouldNotBe(first);
    }

    [Fact]
    public async Task ModelsTakeTurns()
    {
        using Engine engine = NewEngine();
        TextSystem one = FakeSystem.Of(new CountingBackbone());
        TextSystem other = FakeSystem.Of(new CountingBackbone(50));
        List<int>[] answers = await Task.WhenAll(engine.Answer(one, GenerationRequest.Of([48], 4)), engine.Answer(other, GenerationRequest.Of([48], 4)));
        answers[0].ShouldBe([49, 50, 51, 52]);
        answers[1].ShouldBe([49, 0, 1, 2]);
    }

    [Fact]
    public async Task AFailureReachesTheCallerAndTheEngineGoesOn()
    {
        using Engine engine = NewEngine();
        TextSystem broken = FakeSystem.Of(new CountingBackbone(vocabulary: 3));
        // The id 7 makes the fake write past its three logits.
        await Should.ThrowAsync<Exception>(() => engine.Answer(FakeSystem.Of(new FailingBackbone()), GenerationRequest.Of([1], 4)));
        (await engine.Answer(broken, GenerationRequest.Of([1], 2))).ShouldBe([2, 0]);
    }

    [Fact]
    public async Task ModelsMayComeWhileOthersAnswer()
    {
        using Engine engine = NewEngine();
        List<int>[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => engine.Answer(FakeSystem.Of(new CountingBackbone()), GenerationRequest.Of([i], 10)))));
        answers.Select(a => a[0]).ShouldBe(Enumerable.Range(1, 40));
        answers.ShouldAllBe(a => a.Count == 10);
    }

    [Fact]
    public async Task DisposingEndsWhatRuns()
    {
        Engine engine = NewEngine();
        await using Generation generation = engine.Submit(FakeSystem.Of(new CountingBackbone(context: 100_000)), GenerationRequest.Of([1], 90_000));
        engine.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(async () =>
        {
            await foreach (int id in generation.ReadAllAsync())
            {
                id.ShouldBeGreaterThanOrEqualTo(0);
            }
        });
    }

    sealed class FailingBackbone : Models.Backbones.Backbone
    {
        public override int HiddenSize => 4;

        public override int VocabularySize => 10;

        public override int ContextLength => 100;

        public override KvLayout KvLayout => new(1, 1, 4, 4);

        public override Tensor Embed(Compute c, ReadOnlySpan<int> ids) => throw new InvalidOperationException("broken");

        public override Tensor Forward(Compute c, Tensor x, Plan plan) => x;

        public override Tensor Norm(Compute c, Tensor x) => x;

        public override Tensor Logits(Compute c, Tensor normed) => normed;
    }
}
