using Sensorium.Media.Images;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Vectors: embedding models take turns with those that answer.</summary>
public sealed partial class Engine
{
    EmbeddingHost[] embedders = [];

    /// <summary>The vector of a text.</summary>
    /// <param name="system">The model.</param>
    /// <param name="ids">As <see cref="EmbeddingSystem.Tokenize"/> gives them.</param>
    /// <param name="cancellation">Takes it out of the queue.</param>
    /// <exception cref="RequestException">There is nothing to embed.</exception>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Task<float[]> EmbedAsync(EmbeddingSystem system, int[] ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ids.Length > 0
            ? Enqueue(system, new EmbeddingWork(ids, null, cancellation))
            : throw new RequestException(RequestError.UnsupportedContent, $"the text has no tokens for {system.Name}; there is nothing to embed");
    }

    /// <summary>The vector of a picture.</summary>
    /// <param name="system">The model.</param>
    /// <param name="picture">It stands upright.</param>
    /// <param name="cancellation">Takes it out of the queue.</param>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Task<float[]> EmbedAsync(EmbeddingSystem system, Image picture, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return Enqueue(system, new EmbeddingWork(null, picture, cancellation));
    }

    Task<float[]> Enqueue(EmbeddingSystem system, EmbeddingWork work)
    {
        ObjectDisposedException.ThrowIf(stopping, this);
        EmbedderOf(system).Enqueue(work);
        Wake();
        return work.Task;
    }

    // The loop reads the array while callers replace it: what it sees is whole, and a new model wakes it afterwards.
    EmbeddingHost EmbedderOf(EmbeddingSystem system)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            EmbeddingHost? known = Array.Find(embedders, host => ReferenceEquals(host.System, system));
            if (known is null)
            {
                known = new EmbeddingHost(system, options);
                Volatile.Write(ref embedders, [.. embedders, known]);
            }

            return known;
        }
    }
}
