using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>A prompt of ids and pictures through the whole model in one pass, without pages and without the engine.</summary>
static class PromptPass
{
    /// <summary>Logits of the last position, [vocabulary].</summary>
    public static Values LastLogits(LanguageSystem system, Compute c, IReadOnlyList<PromptSpan> prompt)
    {
        c.Reset();
        Tensor normed = Normed(system, c, prompt);
        Values logits = c.Values(system.Backbone.Logits(c, normed.SliceRows(normed.Rows - 1, 1)));
        return logits.As(logits.Count);
    }

    /// <summary>Logits of the last positions, or of all of them, [positions, vocabulary].</summary>
    public static Values Logits(LanguageSystem system, Compute c, IReadOnlyList<PromptSpan> prompt, int keep)
    {
        c.Reset();
        Tensor normed = Normed(system, c, prompt);
        nint count = keep == 0 ? normed.Rows : Math.Min(keep, normed.Rows);
        return c.Values(system.Backbone.Logits(c, normed.SliceRows(normed.Rows - count, count)));
    }

    /// <summary>The best id at each of the last positions.</summary>
    public static int[] Best(LanguageSystem system, Compute c, IReadOnlyList<PromptSpan> prompt, int positions)
    {
        c.Reset();
        Tensor normed = Normed(system, c, prompt);
        var best = new int[positions];
        c.ReadIds(c.ArgMax(system.Backbone.Logits(c, normed.SliceRows(normed.Rows - positions, positions))), best);
        return best;
    }

    static Tensor Normed(LanguageSystem system, Compute c, IReadOnlyList<PromptSpan> prompt)
    {
        Tensor[] pieces = [.. prompt.Select(span => span.Picture is { } picture ? system.Encode(c, picture, new MediaBudget()) : system.Backbone.Embed(c, span.Ids))];
        Tensor x = pieces.Length == 1 ? pieces[0] : c.ConcatRows(pieces);
        return system.Backbone.Norm(c, system.Backbone.Forward(c, x, Plan.Of(causal: true, (int)x.Rows)));
    }
}
