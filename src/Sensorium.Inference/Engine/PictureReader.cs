using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Encodes pictures into soft tokens, one a step, and keeps them by their content. They are decoded before that on threads
/// of the pool, so that a large one holds up nobody's answer but its own. For the engine loop alone.
/// </summary>
/// <param name="system">The model.</param>
/// <param name="options">How the engine runs.</param>
/// <param name="wake">Called, on any thread, when a picture is decoded.</param>
sealed class PictureReader(LanguageSystem system, EngineOptions options, Action wake)
{
    // Decoding takes memory by the picture's size, and cores that the engine computes with.
    const int DecodedAtOnce = 2;

    readonly MediaCache media = new(options.MediaBytes);
    readonly Dictionary<string, Task<PreparedPicture>> decoding = new(StringComparer.Ordinal);

    /// <summary>Whether a picture is being decoded, be it one that nobody waits for any more.</summary>
    public bool AreDecoding
    {
        get
        {
            DropDecoded();
            return decoding.Count > 0;
        }
    }

    /// <summary>Whether <see cref="Read"/> has all that it needs; else the picture is decoded as soon as its turn comes.</summary>
    public bool IsReady(SoftSpan span)
    {
        span.Key ??= $"{span.Picture.Key}/{system.Identity}/{options.Numerics}";
        if (media.Has(span.Key) || span.Prepared is { IsCompleted: true })
        {
            return true;
        }

        if (span.Prepared is null && decoding.TryGetValue(span.Key, out Task<PreparedPicture>? begun))
        {
            span.Prepared = begun;
            return begun.IsCompleted;
        }

        DropDecoded();
        if (span.Prepared is null && decoding.Count < DecodedAtOnce)
        {
            Picture picture = span.Picture;
            span.Prepared = Task.Run(() => system.Prepare(picture, new MediaBudget { MaxPixels = options.MaxPixels }));
            decoding.Add(span.Key, span.Prepared);

            // Told when the task has ended, not at its end: the engine must not look too early and then sleep.
            _ = span.Prepared.ContinueWith(_ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return false;
    }

    /// <summary>Gives a sequence its picture's soft tokens.</summary>
    /// <exception cref="MediaException">It is no picture that can be read, or it is too large.</exception>
    /// <exception cref="RequestException">Its rows in the prompt are not as many as its soft tokens.</exception>
    public void Read(Compute c, Sequence owner, SoftSpan span)
    {
        if (media.Find(span.Key!) is { } known)
        {
            span.Rows = known;
            span.Prepared = null;
            owner.CachedPictures++;
            return;
        }

        PreparedPicture picture = span.Prepared!.GetAwaiter().GetResult();
        c.Reset();
        Tensor rows = system.Encode(c, picture);
        if (rows.Rows != span.Length)
        {
            // Found here it fails its owner; found when the rows are placed it would fail the whole pass.
            throw new RequestException(RequestError.UnsupportedContent, $"{span.Picture.Name} has {span.Length} rows of the prompt, {system.Name} makes {rows.Rows} soft tokens of it; ask the model for their number (LanguageSystem.SoftTokens)");
        }

        var values = new float[rows.Rows * rows.Columns];
        c.Read(rows, values);
        media.Add(span.Key!, values);
        span.Rows = values;
        span.Prepared = null;
    }

    /// <summary>What is decoded is its spans' from now on.</summary>
    void DropDecoded()
    {
        foreach ((string key, Task<PreparedPicture> task) in decoding)
        {
            if (task.IsCompleted)
            {
                decoding.Remove(key);
            }
        }
    }
}
