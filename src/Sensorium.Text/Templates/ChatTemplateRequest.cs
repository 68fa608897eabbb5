namespace Sensorium.Text.Templates;

/// <summary>A conversation to be rendered, and what else a template is told.</summary>
public sealed record ChatTemplateRequest
{
    /// <summary>The messages: mappings with role and content, where content is text or a list of parts ({"type": "text", "text": …}, {"type": "image"} …).</summary>
    public required TemplateValue Messages { get; init; }

    /// <summary>The tools' JSON schemas; null for none.</summary>
    public TemplateValue? Tools { get; init; }

    /// <summary>Documents for retrieval, mappings with title and text; null for none.</summary>
    public TemplateValue? Documents { get; init; }

    /// <summary>Whether the prompt ends with the beginning of the assistant's answer.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Whether the prompt ends right after the last message's content, for the model to write on; not together with <see cref="AddGenerationPrompt"/>.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>bos_token, eos_token and their like, by name.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Further variables (enable_thinking, date_string …), by name.</summary>
    public IReadOnlyDictionary<string, TemplateValue> Variables { get; init; } = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);

    /// <summary>The clock that <c>strftime_now</c> reads, in its local time zone; null for the system's.</summary>
    public TimeProvider? Clock { get; init; }
}
