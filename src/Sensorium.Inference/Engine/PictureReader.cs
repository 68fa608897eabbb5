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
        var values = new float[rows.Rows * rows.Columns];
        c.Read(rows, values);
        media.Add(key, values);
        span.Rows = values;
    }
}
