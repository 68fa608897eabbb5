using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>Encodes pictures into soft tokens, one a step, and keeps them by their content.</summary>
sealed class PictureReader(LanguageSystem system, EngineOptions options)
{
    readonly MediaCache media = new(options.MediaBytes);
    readonly MediaBudget budget = new() { MaxPixels = options.MaxPixels };

    /// <summary>Gives a sequence its picture's soft tokens.</summary>
    public void Read(Compute c, Sequence owner, SoftSpan span)
    {
        string key = $"{span.Picture.Key}/{system.Identity}/{options.Numerics}";
        if (media.Find(key) is { } known)
        {
            span.Rows = known;
            owner.CachedPictures++;
            return;
        }

        c.Reset();
        Tensor rows = system.Encode(c, span.Picture, budget);
        if (rows.Rows != span.Length)
        {
            // Found here it fails its owner; found when the rows are placed it would fail the whole pass.
            throw new RequestException(RequestError.UnsupportedContent, $"{span.Picture.Name} has {span.Length} rows of the prompt, {system.Name} makes {rows.Rows} soft tokens of it; ask the model for their number (LanguageSystem.SoftTokens)");
        }

        var values = new float[rows.Rows * rows.Columns];
        c.Read(rows, values);
        media.Add(key, values);
        span.Rows = values;
    }
}
