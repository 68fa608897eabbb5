using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>
/// A local model as <see cref="IChatClient"/>: sees pictures (<see cref="DataContent"/>, <see cref="UriContent"/>) where the
/// model does, streams, and may be asked by many callers at once. It neither changes nor ignores the options it is
/// given: one that is not supported is refused by name. Greedy unless the options or the checkpoint say otherwise.
/// </summary>
public sealed class SensoriumChatClient : IChatClient
{
    readonly Engine engine;
    readonly LanguageSystem system;
    readonly MediaFetcher fetcher;
    readonly IDisposable? owned;

    /// <param name="engine">Runs the model; the caller keeps it.</param>
    /// <param name="system">The model.</param>
    /// <param name="addresses">Which addresses pictures may be fetched from.</param>
    public SensoriumChatClient(Engine engine, LanguageSystem system, AddressOptions? addresses = null)
        : this(engine, system, addresses, null)
    {
    }

    SensoriumChatClient(Engine engine, LanguageSystem system, AddressOptions? addresses, IDisposable? owned)
    {
        this.engine = engine;
        this.system = system;
        this.owned = owned;
        fetcher = new MediaFetcher(addresses ?? new AddressOptions());
        Metadata = new ChatClientMetadata("sensorium", null, system.Name);
    }

    /// <summary>Who answers.</summary>
    public ChatClientMetadata Metadata { get; }

    /// <summary>The model.</summary>
    public LanguageSystem System => system;

    /// <summary>Loads a model with an engine of its own, which goes when the client is disposed.</summary>
    /// <param name="model">A folder, a .gguf file or a name; the default is the embedded model, which sees pictures.</param>
    /// <param name="options">How the engine runs.</param>
    /// <param name="addresses">Which addresses pictures may be fetched from.</param>
    /// <param name="mmproj">The file with a language model's vision tower and projector (mmproj-*.gguf); null: there is none.</param>
    /// <exception cref="Sensorium.Weights.CheckpointException">The model is not there, broken or not supported.</exception>
    public static SensoriumChatClient Load(string model = "nano", EngineOptions? options = null, AddressOptions? addresses = null, string? mmproj = null)
    {
        SensoriumRuntime runtime = SensoriumRuntime.Load(model, options, mmproj: mmproj);
        return new SensoriumChatClient(runtime.Engine, runtime.System, addresses, runtime);
    }

    /// <inheritdoc/>
    /// <exception cref="RequestException">The request cannot be answered as it is; the message has the numbers.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            updates.Add(update);
        }

        return updates.ToChatResponse();
    }

    /// <inheritdoc/>
    /// <exception cref="RequestException">The request cannot be answered as it is; the message has the numbers.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatRequests.Check(options);
        if (options?.ModelId is { } id && id != system.Name)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"ChatOptions.ModelId is '{id}'; this client answers with '{system.Name}'");
        }

        List<Message> conversation = await ChatRequests.Messages(messages, options, fetcher, cancellationToken).ConfigureAwait(false);
        var request = new GenerationRequest
        {
            Prompt = system.Prompt(conversation),
            Sampling = ChatRequests.Sampling(options, system.Generation),
            MaxNewTokens = options?.MaxOutputTokens,
        };
        var reader = new ReplyReader(system.Tokenizer, options?.StopSequences);
        string responseId = Guid.NewGuid().ToString("N");
        await using Generation generation = engine.Submit(system, request);
        await foreach (int token in generation.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            string text = reader.Append(token);
            if (text.Length > 0)
            {
                yield return Update(text, responseId);
            }

            if (reader.Stopped)
            {
                break;
            }
        }

        string rest = reader.Flush();
        yield return Update(rest, responseId, generation, reader.Stopped);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(engine) ? engine
            : serviceType.IsInstanceOfType(system) ? system
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        fetcher.Dispose();
        owned?.Dispose();
    }

    ChatResponseUpdate Update(string text, string responseId) =>
        new(ChatRole.Assistant, text) { ResponseId = responseId, MessageId = responseId, ModelId = system.Name };

    ChatResponseUpdate Update(string text, string responseId, Generation generation, bool stopped)
    {
        ChatResponseUpdate update = Update(text, responseId);
        GenerationUsage usage = generation.Usage;
        update.FinishReason = !stopped && generation.FinishReason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        update.Contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = usage.PromptTokens,
            OutputTokenCount = usage.NewTokens,
            TotalTokenCount = usage.PromptTokens + usage.NewTokens,
            CachedInputTokenCount = usage.CachedTokens,
            AdditionalCounts = new AdditionalPropertiesDictionary<long>
            {
                ["picture_tokens"] = usage.PictureTokens,
                ["cached_pictures"] = usage.CachedPictures,
            },
        }));
        return update;
    }
}
