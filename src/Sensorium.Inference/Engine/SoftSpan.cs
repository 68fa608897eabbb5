using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>A picture's place among a request's rows.</summary>
sealed class SoftSpan(int first, PromptSpan span)
{
    public int First => first;

    public int Length => span.Length;

    public int End => first + span.Length;

    public bool IsBidirectional => span.IsBidirectional;

    public Picture Picture => span.Picture!;

    /// <summary>Under which its rows are kept for others; null until the engine has looked for them.</summary>
    public string? Key { get; set; }

    /// <summary>The decoding, from when it began; null before.</summary>
    public Task<PreparedPicture>? Prepared { get; set; }

    /// <summary>[Length, hidden] once encoded.</summary>
    public float[]? Rows { get; set; }
}
