using Sensorium.Inference.Sampling;
using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>Encoder–decoders in the engine: every answer reads the memory of its own source, and memories come and go as pages do.</summary>
public sealed class SourceTests : IDisposable
{
    // A page of the fake's keys and values has 64 rows of 8 numbers, a page of its memories two layers of that.
    const int Page = 64 * 8 * sizeof(float);

    readonly CpuDevice device = new(threads: 2);
    readonly AddingReader reader = new();
    readonly TextSystem system;

    public SourceTests() => system = FakeSystem.Of(reader);

    public void Dispose() => device.Dispose();

    Engine NewEngine(EngineOptions? options = null, bool ownLoop = true) => new(device, (options ?? new EngineOptions()) with { Numerics = Numerics.Exact }, ownLoop);

    static int[] Source(int value, int length = 5) => [.. Enumerable.Repeat(value, length)];

    [Fact]
    public async Task AnAnswerReadsItsSource()
    {
        using Engine engine = NewEngine();
        (await engine.Answer(system, GenerationRequest.Of(Source(7), 4))).ShouldBe([7, 14, 21, 28]);
        reader.Passes.ShouldBe([("read", 5), ("write", 1), ("write", 1), ("write", 1), ("write", 1)]);
    }

    [Fact]
    public async Task AnAnswerMayBeginWithGivenTokens()
    {
        using Engine engine = NewEngine();
        (await engine.Answer(system, GenerationRequest.Of(Source(7), 2) with { AnswerStart = [1, 2, 3] })).ShouldBe([10, 17]);
        reader.Passes.ShouldBe([("read", 5), ("write", 3), ("write", 1)]);
    }

    [Fact]
    public async Task ManyAnswersRunTogetherAndEachReadsItsOwn()
    {
        using Engine engine = NewEngine(new EngineOptions { StepRows = 40 });
        List<int>[] answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => engine.Answer(system, GenerationRequest.Of(Source(i, 3 * i), 9)))));
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i].ShouldBe([.. Enumerable.Range(1, 9).Select(n => n * (i + 1))]);
        }

        reader.Read.Sum().ShouldBe(3 * 210);
        reader.Read.ShouldAllBe(rows => rows <= 60);
    }

    [Fact]
    public void SourcesAreReadWithinTheBudgetAndHoldUpNobodysAnswer()
    {
        using Engine engine = NewEngine(new EngineOptions { StepRows = 32 }, ownLoop: false);
        Generation early = engine.Submit(system, GenerationRequest.Of(Source(1), 400));
        engine.Step();
        engine.Step();
        reader.Passes.Clear();
        foreach (int length in new[] { 20, 11, 9, 100, 8 })
        {
            _ = engine.Submit(system, GenerationRequest.Of(Source(length, length), 400));
        }

        int before = early.Usage.NewTokens;
        for (int i = 0; i < 4; i++)
        {
            engine.Step().ShouldBeTrue();
        }

        // 31 rows are left beside the answer: 20 and 11 fit together; then 9 and 8, which passes in front of the long one. Who was
        // read begins in the same step, where rows are left for it.
        early.Usage.NewTokens.ShouldBe(before + 4);
        reader.Passes.ShouldBe([("read", 31), ("write", 1), ("read", 17), ("write", 5), ("read", 100), ("write", 5), ("write", 6)]);
    }

    [Fact]
    public async Task TheSameSourceIsReadOnce()
    {
        using Engine engine = NewEngine();
        int[] source = Source(3, 100);
        await engine.Answer(system, GenerationRequest.Of(source, 2));
        await using Generation again = engine.Submit(system, GenerationRequest.Of(source, 3));
        (await GatherAsync(again)).ShouldBe([3, 6, 9]);
        again.Usage.CachedTokens.ShouldBe(100);
        again.Usage.PromptTokens.ShouldBe(100);
        reader.Read.ShouldBe([100]);

        // And at the same time.
        (await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => engine.Answer(system, GenerationRequest.Of(Source(4, 50), 2))))).ShouldAllBe(ids => ids[1] == 8);
        reader.Read.ShouldBe([100, 50]);
    }

    [Fact]
    public async Task NothingIsReusedForAnotherSource()
    {
        using Engine engine = NewEngine();
        await engine.Answer(system, GenerationRequest.Of(Source(3, 100), 80));

        // A beginning of it, it and more, and one that differs in its last token: what is written so far is the same.
        foreach (int[] other in new int[][] { Source(3, 64), [.. Source(3, 100), 3], [.. Source(3, 99), 103] })
        {
            await using Generation generation = engine.Submit(system, GenerationRequest.Of(other, 2) with { AnswerStart = [0, 3, 6, 9] });
            List<int> ids = await GatherAsync(generation);
            ids[0].ShouldBe(9 + (int)Math.Round(other.Average()));
            generation.Usage.CachedTokens.ShouldBe(0);
        }

        reader.Read.ShouldBe([100, 64, 101, 100]);
    }

    [Fact]
    public async Task CancellingFreesAtOnceWhatWasPromised()
    {
        // Room for one answer of 450 tokens (8 pages) with a source of 120 (2 pages of two layers), and not for two.
        using Engine engine = NewEngine(new EngineOptions { KvBytes = 13 * Page }, ownLoop: false);
        Generation first = engine.Submit(system, GenerationRequest.Of(Source(1, 120), 450));
        Generation second = engine.Submit(system, GenerationRequest.Of(Source(2, 120), 450));
        engine.Step();
        engine.Step();
        (first.Usage.NewTokens, second.Usage.NewTokens).ShouldBe((2, 0));
        engine.PromisedBytes.ShouldBe(12 * Page);
        first.Stop();
        engine.Step();
        second.Usage.NewTokens.ShouldBe(1);
        engine.PromisedBytes.ShouldBe(12 * Page);
        second.Stop();
        engine.Step();
        engine.PromisedBytes.ShouldBe(0);
        await Should.NotThrowAsync(() => GatherAsync(second));
    }

    [Fact]
    public async Task WhatIsKeptGivesWayToWhatIsPromised()
    {
        var options = new EngineOptions { KvBytes = 6 * Page };
        using Engine engine = NewEngine(options);
        for (int i = 1; i < 12; i++)
        {
            // By turns much memory and much answer: pages of the one kind make room for the other.
            int length = i % 2 == 0 ? 120 : 3;
            (await engine.Answer(system, GenerationRequest.Of(Source(i, length), length == 3 ? 200 : 60)))[..3].ShouldBe([i, 2 * i, 3 * i]);
            engine.KvBytes.ShouldBeLessThanOrEqualTo(options.KvBytes);
        }
    }

    [Theory]
    [InlineData(0, 1, RequestError.UnsupportedContent, "empty")]
    [InlineData(2001, 1, RequestError.ContextOverflow, "2001", "2000")]
    [InlineData(5, 500, RequestError.ContextOverflow, "500", "499")]
    [InlineData(5, 0, RequestError.UnsupportedOption, "1 or more")]
    [InlineData(300, 1, RequestError.OutOfMemory, "300", "0.02 MiB", "0.01 MiB")]
    [InlineData(60, 200, RequestError.OutOfMemory, "60", "201", "0.01 MiB")]
    public void WhatDoesNotFitIsRefusedWithTheNumbers(int source, int newTokens, RequestError error, params string[] mentions)
    {
        using Engine engine = NewEngine(new EngineOptions { KvBytes = 5 * Page });
        RequestException e = Should.Throw<RequestException>(() => engine.Submit(system, GenerationRequest.Of(Source(1, source), newTokens)));
        e.Error.ShouldBe(error);
        foreach (string mention in mentions)
        {
            e.Message.ShouldContain(mention);
        }
    }

    [Fact]
    public async Task AnAnswerWithoutALimitIsAsLongAsUsualOrAsMemoryAllows()
    {
        using Engine engine = NewEngine();
        (await engine.Answer(system, GenerationRequest.Of(Source(1)))).Count.ShouldBe(12);
        var longer = new AddingReader();
        using Engine tight = NewEngine(new EngineOptions { KvBytes = 3 * Page });
        await using Generation generation = tight.Submit(FakeSystem.Of(longer), GenerationRequest.Of(Source(1, 64)) with { AnswerStart = Source(0, 60) });
        (await GatherAsync(generation)).Count.ShouldBe(4);
    }

    [Fact]
    public void IdsBeyondTheVocabularyAreRefusedInSourceAndBeginning()
    {
        using Engine engine = NewEngine();
        Should.Throw<RequestException>(() => engine.Submit(system, GenerationRequest.Of([1, 1000], 2))).Message.ShouldContain("the prompt has the token id 1000 at position 1");
        Should.Throw<RequestException>(() => engine.Submit(system, GenerationRequest.Of([1], 2) with { AnswerStart = [-1] })).Message.ShouldContain("the answer's beginning has the token id -1");
    }

    [Fact]
    public void AModelThatOnlyContinuesTakesNoBeginning()
    {
        using Engine engine = NewEngine();
        Should.Throw<RequestException>(() => engine.Submit(FakeSystem.Of(new CountingBackbone()), GenerationRequest.Of([1], 2) with { AnswerStart = [1] })).Message.ShouldContain("encoder–decoder");
        Should.Throw<RequestException>(() => engine.Submit(system, GenerationRequest.Of([1], 2) with { AnswerStart = [] })).Message.ShouldContain("empty");
    }

    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    public async Task AFailureReachesTheCallerAndTheEngineGoesOn(string where)
    {
        using Engine engine = NewEngine();
        reader.Before = what => Throw(what == where, new InvalidOperationException("broken"));
        (await Should.ThrowAsync<InvalidOperationException>(() => engine.Answer(system, GenerationRequest.Of(Source(1), 3)))).Message.ShouldBe("broken");
        reader.Before = what => Throw(what == where, new OutOfMemoryException());
        RequestException e = await Should.ThrowAsync<RequestException>(() => engine.Answer(system, GenerationRequest.Of(Source(1), 3)));
        e.Error.ShouldBe(RequestError.OutOfMemory);
        reader.Before = null;
        (await engine.Answer(system, GenerationRequest.Of(Source(5), 3))).ShouldBe([5, 10, 15]);
        engine.PromisedBytes.ShouldBe(0);

        static void Throw(bool now, Exception e)
        {
            if (now)
            {
                throw e;
            }
        }
    }

    [Fact]
    public async Task PicturesMayStandInASource()
    {
        using Engine engine = NewEngine();
        LanguageSystem seeing = new SeeingReader { Name = "seeing", Backbone = reader, Tokenizer = FakeSystem.Tokenizer, Generation = new GenerationConfig(), Identity = "fake" };
        (await Answer(1)).ShouldBe([20, 40]);
        (await Answer(2)).ShouldBe([30, 60]);
        (await Answer(1)).ShouldBe([20, 40]);
        reader.Read.ShouldBe([12, 12]);

        // Two tokens of the wanted mean, ten soft rows of 20 or 30.
        Task<List<int>> Answer(byte content) => engine.Answer(seeing, new GenerationRequest
        {
            Prompt = [PromptSpan.Of([10 + 10 * content, 10 + 10 * content]), PromptSpan.Of(new Picture("p", new[] { content }), 10)],
            MaxNewTokens = 2,
            Sampling = new SamplingOptions(),
        });
    }

    [Fact]
    public void TheMessageIsTheSource()
    {
        IReadOnlyList<PromptSpan> prompt = system.Prompt([new Message("user", "abc"), new Message("system", "gh")]);
        prompt.ShouldHaveSingleItem().Ids.ShouldBe(system.Tokenizer.EncodeIds("gh\nabc"));
        RequestException several = Should.Throw<RequestException>(() => system.Prompt([new Message("user", "a"), new Message("assistant", "b"), new Message("user", "c")]));
        several.Error.ShouldBe(RequestError.UnsupportedContent);
        several.Message.ShouldContain("3 were given");
        RequestException picture = Should.Throw<RequestException>(() => system.Prompt([new Message("user", [new ContentPart.Image(new Picture("p", new byte[] { 1 })), new ContentPart.Text("a")])]));
        picture.Message.ShouldContain("takes no pictures");
    }

    static async Task<List<int>> GatherAsync(Generation generation)
    {
        var ids = new List<int>();
        await foreach (int id in generation.ReadAllAsync())
        {
            ids.Add(id);
        }

        return ids;
    }

    sealed class SeeingReader : LanguageSystem
    {
        public override int MaxPictures => 10;

        public override int SoftTokens(Picture picture) => 10;

        public override PreparedPicture Prepare(Picture picture, MediaBudget budget) => new(picture, []);

        public override Tensor Encode(Compute c, PreparedPicture picture)
        {
            float value = picture.Picture.Key == new Picture("p", new byte[] { 1 }).Key ? 20 : 30;
            return c.FromHost([.. Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? value : 0)], 10, 4);
        }
    }
}
