using Microsoft.Extensions.AI;
using Sensorium.Media;
using Sensorium.Media.Images;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>
/// A local model as <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>: of texts where it embeds texts, of pictures
/// (<see cref="DataContent"/>) where it embeds pictures. Many callers may ask at once; an input's vector does not depend on
/// its company. An option that is not supported is refused by name.
/// </summary>
/// <remarks>
/// Every embedding has <c>tokens</c> among its additional properties, and <c>tokens_left_out</c> where a text was longer
/// than the model takes; the usage has the sums. <c>prompt_name</c> among the options' additional properties names one of
/// the checkpoint's prompts (query, passage …).
/// </remarks>
public sealed class SensoriumEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>, IEmbeddingGenerator<DataContent, Embedding<float>>
{
    // Decoded pictures are large, so few of a caller's wait for the engine at a time.
    const int DecodedPictures = 4;

    readonly Engine engine;
    readonly EmbeddingSystem system;
    readonly MediaBudget mediaBudget;
    readonly IDisposable? owned;

    /// <param name="engine">Runs the model; the caller keeps it.</param>
    /// <param name="system">The model.</param>
    public SensoriumEmbeddingGenerator(Engine engine, EmbeddingSystem system)
        : this(engine, system, null)
    {
    }

    SensoriumEmbeddingGenerator(Engine engine, EmbeddingSystem system, IDisposable? owned)
    {
        this.engine = engine;
        this.system = system;
        this.owned = owned;
        mediaBudget = new MediaBudget { MaxPixels = engine.Options.MaxPixels };
        Metadata = new EmbeddingGeneratorMetadata("sensorium", null, system.Name, system.Dimensions);
    }

    /// <summary>Whose vectors they are, and how many numbers they have.</summary>
    public EmbeddingGeneratorMetadata Metadata { get; }

    /// <summary>The model.</summary>
    public EmbeddingSystem System => system;

    /// <summary>Loads a model with an engine of its own, which goes when the generator is disposed.</summary>
    /// <param name="model">A folder, a .gguf file or a name.</param>
    /// <param name="options">How the engine runs.</param>
    /// <exception cref="Sensorium.Weights.CheckpointException">The model is not there, broken, not supported, or gives no vectors.</exception>
    public static SensoriumEmbeddingGenerator Load(string model, EngineOptions? options = null)
    {
        EmbeddingRuntime runtime = EmbeddingRuntime.Load(model, options);
        return new SensoriumEmbeddingGenerator(runtime.Engine, runtime.System, runtime);
    }

    /// <summary>Vectors of texts, in their order.</summary>
    /// <exception cref="RequestException">The model embeds no texts, or an option is not supported.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        EmbeddingRequests.Check(options, system);
        string? promptName = EmbeddingRequests.PromptName(options);
        TokenizedText[] texts = [.. values.Select(text => Tokenize(text, promptName))];
        using var unfinished = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<float[]>[] vectors = [.. texts.Select(text => engine.EmbedAsync(system, text.Ids, unfinished.Token))];
        await AllOrNone(vectors, unfinished).ConfigureAwait(false);
        var result = new GeneratedEmbeddings<Embedding<float>>(vectors.Select((vector, i) => Of(vector.Result, texts[i])));
        result.Usage = EmbeddingRequests.Usage(texts.Sum(t => (long)t.Tokens), texts.Sum(t => (long)t.TokensLeftOut));
        return result;
    }

    /// <summary>Vectors of pictures, in their order.</summary>
    /// <exception cref="RequestException">The model embeds no pictures, an input is none, or an option is not supported.</exception>
    /// <exception cref="MediaException">The bytes are no picture that can be read.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        EmbeddingRequests.Check(options, system);
        if (EmbeddingRequests.PromptName(options) is not null)
        {
            throw new RequestException(RequestError.UnsupportedOption, "prompt_name is for texts; pictures have no prompts");
        }

        Picture[] pictures = [.. values.Select(Picture)];
        using var decoded = new SemaphoreSlim(DecodedPictures);
        using var unfinished = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<float[]>[] vectors = [.. pictures.Select(picture => EmbedAsync(picture, decoded, unfinished.Token))];
        await AllOrNone(vectors, unfinished).ConfigureAwait(false);
        var result = new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => Of(vector.Result, null)));
        result.Usage = new UsageDetails { AdditionalCounts = new AdditionalPropertiesDictionary<long> { ["pictures"] = pictures.Length } };
        return result;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(engine) ? engine
            : serviceType.IsInstanceOfType(system) ? system
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();

    TokenizedText Tokenize(string text, string? promptName)
    {
        if (text is null)
        {
            throw new ArgumentException("a text is null", nameof(text));
        }

        return system.TakesTexts
            ? system.Tokenize(system.WithPrompt(text, promptName))
            : throw new RequestException(RequestError.UnsupportedContent, $"{system.Name} embeds pictures only; for texts take a model as sentence-transformers/all-MiniLM-L6-v2, for both openai/clip-vit-base-patch32");
    }

    Picture Picture(DataContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (!system.TakesPictures)
        {
            throw new RequestException(RequestError.UnsupportedContent, $"{system.Name} embeds texts only; for pictures take a model as openai/clip-vit-base-patch32 or google/siglip-base-patch16-224");
        }

        return content.HasTopLevelMediaType("image")
            ? new Picture(content.Name ?? "picture", content.Data)
            : throw new RequestException(RequestError.UnsupportedContent, $"content of type {content.MediaType} is not embedded; pictures (image/png, image/jpeg) are, and texts as strings");
    }

    async Task<float[]> EmbedAsync(Picture picture, SemaphoreSlim decoded, CancellationToken cancellation)
    {
        await decoded.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Image image = await Task.Run(() => picture.Decode(mediaBudget), cancellation).ConfigureAwait(false);
            return await engine.EmbedAsync(system, image, cancellation).ConfigureAwait(false);
        }
        finally
        {
            decoded.Release();
        }
    }

    /// <summary>Waits for all; what is still to be done when one fails is taken back.</summary>
    static async Task AllOrNone(Task<float[]>[] vectors, CancellationTokenSource unfinished)
    {
        foreach (Task<float[]> vector in vectors)
        {
            try
            {
                await vector.ConfigureAwait(false);
            }
            catch
            {
                await unfinished.CancelAsync().ConfigureAwait(false);
                Task all = Task.WhenAll(vectors);
                await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }
    }

    Embedding<float> Of(float[] vector, TokenizedText? text)
    {
        var embedding = new Embedding<float>(vector) { ModelId = system.Name, CreatedAt = DateTimeOffset.UtcNow };
        if (text is { } known)
        {
            embedding.AdditionalProperties = new AdditionalPropertiesDictionary { ["tokens"] = known.Tokens };
            if (known.TokensLeftOut > 0)
            {
                embedding.AdditionalProperties["tokens_left_out"] = known.TokensLeftOut;
            }
        }

        return embedding;
    }
}
