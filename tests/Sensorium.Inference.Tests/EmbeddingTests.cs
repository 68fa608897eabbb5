using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Sensorium.Media;
using Sensorium.Media.Images;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>
/// A model without weights: the vector of a text is its first id and how many it has, of a picture its width and height;
/// the id of 'z' cannot be embedded. So who was served with whom can be read off the passes.
/// </summary>
sealed class CountingEmbedder : EmbeddingSystem
{
    public List<string> Passes { get; } = [];

    /// <summary>Held back until it is set; null: nothing is.</summary>
    public ManualResetEventSlim? Gate { get; init; }

    public ManualResetEventSlim Started { get; } = new();

    public override int Dimensions => 2;

    public override bool TakesTexts => true;

    public override int VocabularySize => 26;

    public override bool TakesPictures => true;

    public override int PictureRows => 6;

    public override TokenizedText Tokenize(string text) => new([.. text.Take(8).Select(letter => letter - 'a')], Math.Max(0, text.Length - 8));

    public override Tensor EmbedTexts(Compute c, IReadOnlyList<int[]> texts)
    {
        Started.Set();
        Gate?.Wait();
        lock (Passes)
        {
            Passes.Add(string.Join('+', texts.Select(ids => ids.Length)));
        }

        return texts.Any(ids => ids[0] == 25)
            ? throw new ArgumentOutOfRangeException(nameof(texts), "an id is not in the vocabulary")
            : c.FromHost([.. texts.SelectMany(ids => (float[])[ids[0], ids.Length])], texts.Count, 2);
    }

    public override Tensor EmbedPictures(Compute c, IReadOnlyList<Image> pictures)
    {
        lock (Passes)
        {
            Passes.Add("pictures " + pictures.Count);
        }

        return c.FromHost([.. pictures.SelectMany(p => (float[])[p.Width, p.Height])], pictures.Count, 2);
    }
}

/// <summary>The embedding generator: order, company, cancellation, refusals, counts.</summary>
public sealed class EmbeddingTests : IDisposable
{
    readonly CpuDevice device = new(threads: 1);

    public void Dispose() => device.Dispose();

    static CountingEmbedder Embedder(ManualResetEventSlim? gate = null) => new() { Name = "counting", Identity = "fake", Gate = gate };

    Engine NewEngine(int stepRows = 512) => new(device, new EngineOptions { Numerics = Numerics.Exact, StepRows = stepRows });

    static string Bundle => Path.Combine(NanoModel.Bundle("bert-embed"), "model");

    [Fact]
    public async Task VectorsComeInOrderWithTheirTokens()
    {
        using Engine engine = NewEngine(stepRows: 4);
        using var generator = new SensoriumEmbeddingGenerator(engine, Embedder());
        GeneratedEmbeddings<Embedding<float>> result = await generator.GenerateAsync(["abc", "b", "cccccccccccc", "d"]);
        result.Select(e => e.Vector.ToArray()).ShouldBe([[0f, 3], [1f, 1], [2f, 8], [3f, 1]]);
        result.Usage!.InputTokenCount.ShouldBe(13);
        result.Usage.AdditionalCounts!["tokens_left_out"].ShouldBe(4);
        result[2].AdditionalProperties!["tokens_left_out"].ShouldBe(4);
        result[0].AdditionalProperties!.ContainsKey("tokens_left_out").ShouldBeFalse();
        result[0].ModelId.ShouldBe("counting");
        (await generator.GenerateAsync(Array.Empty<string>())).ShouldBeEmpty();
    }

    [Fact]
    public async Task WhoWaitsIsServedTogetherUpToTheRowsOfAStep()
    {
        using var gate = new ManualResetEventSlim();
        CountingEmbedder embedder = Embedder(gate);
        using Engine engine = NewEngine(stepRows: 6);
        using var one = new SensoriumEmbeddingGenerator(engine, embedder);
        using var other = new SensoriumEmbeddingGenerator(engine, embedder);
        Task<GeneratedEmbeddings<Embedding<float>>> first = one.GenerateAsync(["a"]);
        embedder.Started.Wait();
        Task<GeneratedEmbeddings<Embedding<float>>> second = one.GenerateAsync(["bb", "cc"]);
        Task<GeneratedEmbeddings<Embedding<float>>> third = other.GenerateAsync(["dd", "eeeeeeee", "f"]);
        gate.Set();
        await Task.WhenAll(first, second, third);
        embedder.Passes.ShouldBe(["1", "2+2+2", "8", "1"]);
    }

    [Fact]
    public async Task WhatOneCannotHaveDoesNotFailTheOthers()
    {
        using var gate = new ManualResetEventSlim();
        CountingEmbedder embedder = Embedder(gate);
        using Engine engine = NewEngine();
        using var generator = new SensoriumEmbeddingGenerator(engine, embedder);
        Task<GeneratedEmbeddings<Embedding<float>>> first = generator.GenerateAsync(["a"]);
        embedder.Started.Wait();
        Task<GeneratedEmbeddings<Embedding<float>>> bad = generator.GenerateAsync(["z"]);
        Task<GeneratedEmbeddings<Embedding<float>>> good = generator.GenerateAsync(["b"]);
        gate.Set();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(bad);
        (await good)[0].Vector.ToArray().ShouldBe([1f, 1]);
        (await first)[0].Vector.ToArray().ShouldBe([0f, 1]);
    }

    [Fact]
    public async Task WhatIsCancelledLeavesTheQueueAtOnce()
    {
        using var gate = new ManualResetEventSlim();
        CountingEmbedder embedder = Embedder(gate);
        using Engine engine = NewEngine();
        using var generator = new SensoriumEmbeddingGenerator(engine, embedder);
        Task<GeneratedEmbeddings<Embedding<float>>> first = generator.GenerateAsync(["a"]);
        embedder.Started.Wait();
        using var cancellation = new CancellationTokenSource();
        Task<GeneratedEmbeddings<Embedding<float>>> second = generator.GenerateAsync(["bb", "cc"], cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        Task<GeneratedEmbeddings<Embedding<float>>> third = generator.GenerateAsync(["ddd"]);
        gate.Set();
        await first;
        await third;
        embedder.Passes.ShouldBe(["1", "3"]);
    }

    [Fact]
    public async Task AStoppedEngineEndsWhatWaits()
    {
        using var gate = new ManualResetEventSlim();
        CountingEmbedder embedder = Embedder(gate);
        Engine engine = NewEngine();
        using var generator = new SensoriumEmbeddingGenerator(engine, embedder);
        Task<GeneratedEmbeddings<Embedding<float>>> first = generator.GenerateAsync(["a"]);
        embedder.Started.Wait();
        Task<GeneratedEmbeddings<Embedding<float>>> second = generator.GenerateAsync(["b"]);
        Task stopping = Task.Run(engine.Dispose);

        // The loop is within its pass until the gate opens, so the second is still waiting when it ends.
        while (true)
        {
            try
            {
                await engine.EmbedAsync(embedder, [1], new CancellationToken(canceled: true));
            }
            catch (ObjectDisposedException)
            {
                break;
            }
            catch (OperationCanceledException)
            {
                await Task.Yield();
            }
        }

        gate.Set();
        await stopping;
        await first;
        await Should.ThrowAsync<ObjectDisposedException>(second);
        await Should.ThrowAsync<ObjectDisposedException>(() => generator.GenerateAsync(["c"]));
    }

    [Fact]
    public async Task PicturesAreEmbeddedAndABadOneIsNamed()
    {
        CountingEmbedder embedder = Embedder();
        using Engine engine = NewEngine();
        using var generator = new SensoriumEmbeddingGenerator(engine, embedder);
        DataContent[] photos = [.. Enumerable.Range(0, 6).Select(i => new DataContent(NanoModel.Photo(i % 2), "image/jpeg"))];
        GeneratedEmbeddings<Embedding<float>> vectors = await generator.GenerateAsync(photos);
        vectors.Count.ShouldBe(6);
        vectors[4].Vector.ToArray().ShouldBe(vectors[0].Vector.ToArray());
        vectors.Usage!.AdditionalCounts!["pictures"].ShouldBe(6);
        MediaException bad = await Should.ThrowAsync<MediaException>(() => generator.GenerateAsync([photos[0], new DataContent(new byte[] { 1, 2, 3 }, "image/png") { Name = "bad.png" }]));
        bad.Message.ShouldContain("bad.png");
        (await Should.ThrowAsync<RequestException>(() => generator.GenerateAsync([new DataContent(new byte[] { 1 }, "audio/wav")]))).Message.ShouldContain("audio/wav");
    }

    [Fact]
    public async Task OptionsThatAreNotSupportedAreRefusedByName()
    {
        using Engine engine = NewEngine();
        using var generator = new SensoriumEmbeddingGenerator(engine, Embedder());
        await Refused(new EmbeddingGenerationOptions { Dimensions = 1 }, "Dimensions");
        await Refused(new EmbeddingGenerationOptions { ModelId = "another" }, "ModelId");
        await Refused(new EmbeddingGenerationOptions { RawRepresentationFactory = _ => new object() }, "RawRepresentationFactory");
        await Refused(new EmbeddingGenerationOptions { AdditionalProperties = new() { ["truncate"] = true } }, "truncate");
        await Refused(new EmbeddingGenerationOptions { AdditionalProperties = new() { ["prompt_name"] = 3 } }, "prompt_name");
        await Refused(new EmbeddingGenerationOptions { AdditionalProperties = new() { ["prompt_name"] = "query" } }, "no prompt 'query'");
        (await generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 2, ModelId = "counting" })).Count.ShouldBe(1);
        (await Should.ThrowAsync<RequestException>(() => generator.GenerateAsync(["a", ""]))).Message.ShouldContain("no tokens");

        async Task Refused(EmbeddingGenerationOptions options, string named) =>
            (await Should.ThrowAsync<RequestException>(() => generator.GenerateAsync(["a"], options))).Message.ShouldContain(named);
    }

    [Fact]
    public async Task AModelOfTextsRefusesPicturesAndTellsWhoItIs()
    {
        using SensoriumEmbeddingGenerator generator = SensoriumEmbeddingGenerator.Load(Bundle);
        (await Should.ThrowAsync<RequestException>(() => generator.GenerateAsync([new DataContent(NanoModel.Photo(0), "image/jpeg")]))).Message.ShouldContain("clip");
        IEmbeddingGenerator<string, Embedding<float>> texts = generator;
        texts.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions.ShouldBe(48);
        texts.GetService<EmbeddingSystem>().ShouldBeSameAs(generator.System);
        texts.GetService<IChatClient>().ShouldBeNull();
        (await texts.GenerateVectorAsync("a cat")).Length.ShouldBe(48);
    }

    [Theory]
    [InlineData(26)]
    [InlineData(-1)]
    public void AnIdBeyondTheVocabularyIsRefusedBeforeItSharesAPass(int id)
    {
        using Engine engine = NewEngine();
        CountingEmbedder system = Embedder();
        RequestException e = Should.Throw<RequestException>(() => engine.EmbedAsync(system, [1, 2, id]));
        e.Message.ShouldContain($"token id {id} at position 2");
        e.Message.ShouldContain("26 tokens");
        system.Passes.ShouldBeEmpty();
    }

    [Fact]
    public async Task ManyCallersGetTheVectorsThatEachGetsAlone()
    {
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(Bundle, device);
        string[] texts = ["a cat", "A small brown dog ran over the old bridge.", "", "Two red boats lie on the lake in the morning sun", "tea"];
        using Engine engine = NewEngine(stepRows: 40);
        using var generator = new SensoriumEmbeddingGenerator(engine, system);
        var alone = new List<float[]>();
        foreach (string text in texts)
        {
            alone.Add((await generator.GenerateAsync([text]))[0].Vector.ToArray());
        }

        GeneratedEmbeddings<Embedding<float>>[] together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => generator.GenerateAsync(texts))));
        together.ShouldAllBe(vectors => vectors.Select((e, i) => e.Vector.ToArray().SequenceEqual(alone[i])).All(same => same));
    }

    [Fact]
    public async Task ACollectionSharesOneEngineWhereModelsRunAlike()
    {
        var services = new ServiceCollection();
        services.AddSensoriumEmbeddings(o => o.Model = Bundle);
        services.AddSensorium(o => o.Model = "smollm2-135m-instruct");
        IEmbeddingGenerator<string, Embedding<float>> generator;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
            provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>().ShouldBeSameAs(generator);
            generator.GetService<Engine>().ShouldBeSameAs(provider.GetRequiredService<IChatClient>().GetService<Engine>());
            (await generator.GenerateVectorAsync("a cat")).Length.ShouldBe(48);
        }

        await Should.ThrowAsync<ObjectDisposedException>(() => generator.GenerateVectorAsync("a cat"));
    }
}
