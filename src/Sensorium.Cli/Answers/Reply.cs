using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sensorium.Inference;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Backbones;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Answers;

/// <summary>A finished answer.</summary>
/// <param name="Text">What was said.</param>
/// <param name="Reason">Why it ended: <c>stop</c>, <c>length</c> or <c>interrupted</c>.</param>
/// <param name="Usage">What it cost.</param>
/// <param name="FirstToken">From the request to the first text.</param>
/// <param name="Total">From the request to the end.</param>
sealed record Reply(string Text, string Reason, GenerationUsage Usage, TimeSpan FirstToken, TimeSpan Total)
{
    /// <summary>The longest answer, in tokens, where neither the caller nor the checkpoint names one: a model that loops would go on to the end of its context.</summary>
    public const int LongestUnasked = 1024;

    /// <summary>What to tell who reads it as text; null: it ended by itself.</summary>
    public string? Remark => Reason == "length" ? string.Create(CultureInfo.InvariantCulture, $"[cut after {Usage.NewTokens:N0} tokens; --max-tokens allows more]") : null;

    /// <summary>Asks a model.</summary>
    /// <param name="runtime">The model and its engine.</param>
    /// <param name="prompt">What to continue.</param>
    /// <param name="sampling">How tokens are chosen.</param>
    /// <param name="maxTokens">The longest answer; null: the model's own, else <see cref="LongestUnasked"/>.</param>
    /// <param name="stops">Strings that end the answer.</param>
    /// <param name="said">Told the text as it is made.</param>
    /// <param name="stop">Ends the answer; what was said stays.</param>
    public static async Task<Reply> AskAsync(
        SensoriumRuntime runtime, IReadOnlyList<PromptSpan> prompt, SamplingOptions sampling, int? maxTokens, IReadOnlyList<string> stops, Action<string> said, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var text = new StringBuilder();
        TimeSpan first = default;
        var reader = new ReplyReader(runtime.System.Tokenizer, stops);
        bool interrupted = false;
        await using Generation generation = runtime.Engine.Submit(runtime.System, new GenerationRequest { Prompt = prompt, Sampling = sampling, MaxNewTokens = maxTokens ?? Longest(runtime.System, prompt) });
        try
        {
            await foreach (int token in generation.ReadAllAsync(stop).ConfigureAwait(false))
            {
                Say(reader.Append(token));
                if (reader.Stopped)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            interrupted = true;
        }

        Say(reader.Flush());
        string reason = interrupted ? "interrupted" : !reader.Stopped && generation.FinishReason == FinishReason.Length ? "length" : "stop";
        return new Reply(text.ToString(), reason, generation.Usage, first, watch.Elapsed);

        void Say(string piece)
        {
            if (piece.Length > 0)
            {
                first = text.Length == 0 ? watch.Elapsed : first;
                text.Append(piece);
                said(piece);
            }
        }
    }

    // An encoder–decoder has a usual length of its own.
    static int? Longest(LanguageSystem system, IReadOnlyList<PromptSpan> prompt) =>
        system.Generation.MaxNewTokens is null && system.Backbone is not EncoderDecoder ? Math.Clamp(system.Backbone.ContextLength - prompt.Sum(s => s.Length), 1, LongestUnasked) : null;

    /// <summary>Writes it for programs.</summary>
    public void Write(Utf8JsonWriter writer, string model)
    {
        writer.WriteStartObject();
        writer.WriteString("answer", Text);
        writer.WriteString("model", model);
        writer.WriteString("finish_reason", Reason);
        writer.WriteStartObject("usage");
        writer.WriteNumber("input_tokens", Usage.PromptTokens);
        writer.WriteNumber("picture_tokens", Usage.PictureTokens);
        writer.WriteNumber("cached_tokens", Usage.CachedTokens);
        writer.WriteNumber("output_tokens", Usage.NewTokens);
        writer.WriteEndObject();
        writer.WriteNumber("first_token_seconds", Math.Round(FirstToken.TotalSeconds, 4));
        writer.WriteNumber("seconds", Math.Round(Total.TotalSeconds, 4));
        writer.WriteEndObject();
    }
}
