using Microsoft.Extensions.AI;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Reads Microsoft.Extensions.AI's options for embeddings; what is not supported is refused by name.</summary>
static class EmbeddingRequests
{
    const string PromptKey = "prompt_name";

    /// <exception cref="RequestException">An option is set that is not supported.</exception>
    public static void Check(EmbeddingGenerationOptions? options, EmbeddingSystem system)
    {
        if (options is null)
        {
            return;
        }

        Refuse(options.ModelId is { } id && id != system.Name, nameof(options.ModelId), $"is '{options.ModelId}'; this generator embeds with '{system.Name}'");
        Refuse(options.Dimensions is { } asked && asked != system.Dimensions, nameof(options.Dimensions), $"is {options.Dimensions}; {system.Name} gives {system.Dimensions} numbers, and vectors are not shortened");
        Refuse(options.RawRepresentationFactory is not null, nameof(options.RawRepresentationFactory), "is not supported: there is no other representation");
        foreach (string key in options.AdditionalProperties?.Keys ?? [])
        {
            Refuse(key != PromptKey, $"{nameof(options.AdditionalProperties)}[\"{key}\"]", $"is not supported; {PromptKey} is");
        }
    }

    /// <summary>The prompt that is asked for; null: none.</summary>
    /// <exception cref="RequestException">It is no text.</exception>
    public static string? PromptName(EmbeddingGenerationOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(PromptKey, out object? value) == true && value is not null
            ? value as string ?? throw new RequestException(RequestError.UnsupportedOption, $"AdditionalProperties[\"{PromptKey}\"] is a prompt's name, not '{value}'")
            : null;

    public static UsageDetails Usage(long tokens, long leftOut) => new()
    {
        InputTokenCount = tokens,
        TotalTokenCount = tokens,
        AdditionalCounts = leftOut > 0 ? new AdditionalPropertiesDictionary<long> { ["tokens_left_out"] = leftOut } : null,
    };

    static void Refuse(bool isSet, string option, string why)
    {
        if (isSet)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"EmbeddingGenerationOptions.{option} {why}");
        }
    }
}
