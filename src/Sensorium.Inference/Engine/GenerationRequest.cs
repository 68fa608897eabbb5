using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>What to continue, and how.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt; of an encoder–decoder, the source.</summary>
    public required IReadOnlyList<PromptSpan> Prompt { get; init; }

    /// <summary>
    /// For an encoder–decoder, whose prompt is the source: the ids that the answer begins with, which are not part of what
    /// is delivered; null: the model's start token.
    /// </summary>
    public IReadOnlyList<int>? AnswerStart { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The most new tokens; null: the checkpoint's number, else what the context leaves (of an encoder–decoder: what it was trained for).</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Ids that end the answer; null: the checkpoint's.</summary>
    public IReadOnlyList<int>? EndIds { get; init; }

    /// <summary>A prompt of ids alone.</summary>
    public static GenerationRequest Of(int[] ids, int? maxNewTokens = null) => new() { Prompt = [PromptSpan.Of(ids)], MaxNewTokens = maxNewTokens };
}

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model said so.</summary>
    EndOfText,

    /// <summary>The longest answer was reached.</summary>
    Length,

    /// <summary>The caller stopped it (a stop string, a cancellation).</summary>
    Stopped,
}

/// <summary>What a request cost.</summary>
/// <param name="PromptTokens">Rows of the prompt, soft tokens included.</param>
/// <param name="PictureTokens">Soft tokens among them.</param>
/// <param name="CachedTokens">Rows of the prompt whose keys and values were already kept.</param>
/// <param name="CachedPictures">Pictures whose soft tokens were already there.</param>
/// <param name="NewTokens">Tokens of the answer, the end included.</param>
public readonly record struct GenerationUsage(int PromptTokens, int PictureTokens, int CachedTokens, int CachedPictures, int NewTokens);
