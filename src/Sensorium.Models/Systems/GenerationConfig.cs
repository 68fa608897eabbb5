namespace Sensorium.Models.Systems;

/// <summary>A checkpoint's settings for answers (<c>generation_config.json</c>).</summary>
public sealed record GenerationConfig
{
    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Draw instead of taking the best token.</summary>
    public bool DoSample { get; init; }

    /// <summary>The longest answer where the caller names none; null: what the context leaves.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Divides the logits.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keep the k best.</summary>
    public int? TopK { get; init; }

    /// <summary>Keep the best that reach p together.</summary>
    public float? TopP { get; init; }

    /// <summary>Keep what is at least this share as likely as the best.</summary>
    public float? MinP { get; init; }

    /// <summary>Divides or multiplies the logits of tokens that occurred.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Reads a generation_config.json, or the same keys of a config.json.</summary>
    public static GenerationConfig Read(Config json) => new()
    {
        EosTokenIds = json.Has("eos_token_id") ? json.Ints("eos_token_id") : [],
        DoSample = json.Bool("do_sample", false),
        MaxNewTokens = json.Has("max_new_tokens") ? json.Int("max_new_tokens") : null,
        Temperature = Optional(json, "temperature"),
        TopK = json.Has("top_k") ? json.Int("top_k", 0) : null,
        TopP = Optional(json, "top_p"),
        MinP = Optional(json, "min_p"),
        RepetitionPenalty = Optional(json, "repetition_penalty"),
    };

    static float? Optional(Config json, string key) => json.Has(key) ? json.Float(key) : null;
}
