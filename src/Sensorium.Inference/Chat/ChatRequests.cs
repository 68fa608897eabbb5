using Microsoft.Extensions.AI;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;
using Message = Sensorium.Models.Systems.Message;

namespace Sensorium.Inference;

/// <summary>Reads Microsoft.Extensions.AI's messages and options; what is not supported is refused by name.</summary>
static class ChatRequests
{
    public static async Task<List<Message>> Messages(IEnumerable<ChatMessage> messages, ChatOptions? options, MediaFetcher fetcher, CancellationToken cancellation)
    {
        var result = new List<Message>();
        foreach (ChatMessage message in messages)
        {
            var parts = new List<ContentPart>();
            foreach (AIContent content in message.Contents)
            {
                parts.Add(await Part(content, fetcher, cancellation).ConfigureAwait(false));
            }

            result.Add(new Message(message.Role.Value, parts));
        }

        // Instructions say how to answer; without a message there is still nothing to.
        if (result.Count > 0 && options?.Instructions is { Length: > 0 } instructions)
        {
            result.Insert(0, new Message("system", instructions));
        }

        return result;
    }

    public static SamplingOptions Sampling(ChatOptions? options, GenerationConfig defaults)
    {
        var asked = new SamplingOptions
        {
            Temperature = options?.Temperature,
            TopK = options?.TopK,
            TopP = options?.TopP,
            FrequencyPenalty = options?.FrequencyPenalty,
            PresencePenalty = options?.PresencePenalty,
            Seed = options?.Seed,
            MinP = Additional(options, "min_p"),
            RepetitionPenalty = Additional(options, "repetition_penalty"),
        };
        try
        {
            asked.ToSampler();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"ChatOptions.{e.ParamName} has the value {e.ActualValue}: {e.Message.Split('(', '\n', '\r')[0].Trim()}");
        }

        return asked.Or(SamplingOptions.Of(defaults));
    }

    /// <exception cref="RequestException">An option is set that is not supported.</exception>
    public static void Check(ChatOptions? options)
    {
        if (options is null)
        {
            return;
        }

        Refuse(options.Tools is { Count: > 0 }, nameof(options.Tools), "no tools are called yet");
        Refuse(options.ResponseFormat is not null and not ChatResponseFormatText, nameof(options.ResponseFormat), "answers are plain text");
        Refuse(options.ConversationId is not null, nameof(options.ConversationId), "nothing is kept between requests; send the whole conversation");
        Refuse(options.Reasoning is not null, nameof(options.Reasoning), "no model here reasons apart");
        Refuse(options.AllowBackgroundResponses == true, nameof(options.AllowBackgroundResponses), "answers are streamed or awaited");
        Refuse(options.ContinuationToken is not null, nameof(options.ContinuationToken), "answers are streamed or awaited");
        Refuse(options.RawRepresentationFactory is not null, nameof(options.RawRepresentationFactory), "there is no other representation");
        foreach (string key in options.AdditionalProperties?.Keys ?? [])
        {
            Refuse(key is not ("min_p" or "repetition_penalty"), $"{nameof(options.AdditionalProperties)}[\"{key}\"]", "min_p and repetition_penalty are supported");
        }
    }

    static float? Additional(ChatOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out object? value) == true && value is not null
            ? value is IConvertible number and not string
                ? Convert.ToSingle(number, System.Globalization.CultureInfo.InvariantCulture)
                : throw new RequestException(RequestError.UnsupportedOption, $"AdditionalProperties[\"{key}\"] is a number, not '{value}'")
            : null;

    static void Refuse(bool isSet, string option, string why)
    {
        if (isSet)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"ChatOptions.{option} is not supported: {why}");
        }
    }

    static async Task<ContentPart> Part(AIContent content, MediaFetcher fetcher, CancellationToken cancellation) => content switch
    {
        TextContent text => new ContentPart.Text(text.Text),
        DataContent data when data.HasTopLevelMediaType("image") => new ContentPart.Image(new Picture(data.Name ?? "picture", data.Data)),
        UriContent uri when uri.HasTopLevelMediaType("image") => new ContentPart.Image(new Picture(uri.Uri.ToString(), await fetcher.FetchAsync(uri.Uri, cancellation).ConfigureAwait(false))),
        DataContent data => throw new RequestException(RequestError.UnsupportedContent, $"content of type {data.MediaType} is not supported; text and pictures (image/png, image/jpeg) are"),
        UriContent uri => throw new RequestException(RequestError.UnsupportedContent, $"content of type {uri.MediaType} is not supported; text and pictures (image/png, image/jpeg) are"),
        _ => throw new RequestException(RequestError.UnsupportedContent, $"{content.GetType().Name} is not supported; TextContent, DataContent and UriContent with pictures are"),
    };
}
