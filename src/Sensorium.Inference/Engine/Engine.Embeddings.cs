using Sensorium.Media.Images;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Vectors: embedding models take turns with those that answer.</summary>
public sealed partial class Engine
{
    /// <summary>The vector of a text.</summary>
    /// <param name="system">The model.</param>
    /// <param name="ids">As <see cref="EmbeddingSystem.Tokenize"/> gives them.</param>
    /// <param name="cancellation">Takes it out of the queue.</param>
    /// <exception cref="RequestException">The model takes no texts, there is nothing to embed, or an id is not in the vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Task<float[]> EmbedAsync(EmbeddingSystem system, int[] ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(ids);
        if (!system.TakesTexts)
        {
            throw new RequestException(RequestError.UnsupportedContent, $"{system.Name} embeds pictures only");
        }

        if (ids.Length == 0)
        {
            throw new RequestException(RequestError.UnsupportedContent, $"the text has no tokens for {system.Name}; there is nothing to embed");
        }

        Vocabulary.Check(ids, system.VocabularySize, system.Name, "text");
        return Enqueue(system, new EmbeddingWork(ids, null, cancellation));
    }

    /// <summary>The vector of a picture.</summary>
    /// <param name="system">The model.</param>
    /// <param name="picture">It stands upright.</param>
    /// <param name="cancellation">Takes it out of the queue.</param>
    /// <exception cref="RequestException">The model takes no pictures.</exception>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Task<float[]> EmbedAsync(EmbeddingSystem system, Image picture, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(picture);
        return system.TakesPictures
            ? Enqueue(system, new EmbeddingWork(null, picture, cancellation))
            : throw new RequestException(RequestError.UnsupportedContent, $"{system.Name} embeds texts only");
    }

    Task<float[]> Enqueue(EmbeddingSystem system, EmbeddingWork work)
    {
        EmbeddingHost host = HostOf(host => ReferenceEquals(host.System, system), () => new EmbeddingHost(system, options));
        lock (gate)
        {
            // Once the engine stops, nobody ends what is put in after it.
            ObjectDisposedException.ThrowIf(stopping, this);
            host.Enqueue(work);
        }

        Wake();
        return work.Task;
    }
}
