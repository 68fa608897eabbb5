using Sensorium.Media.Images;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>A text or a picture on its way to its vector.</summary>
sealed class EmbeddingWork : TaskCompletionSource<float[]>
{
    readonly CancellationTokenRegistration cancellation;

    public EmbeddingWork(int[]? ids, Image? picture, CancellationToken cancellation)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Ids = ids;
        Picture = picture;
        this.cancellation = cancellation.UnsafeRegister(static (work, token) => ((EmbeddingWork)work!).TrySetCanceled(token), this);
    }

    /// <summary>A text's ids; null for a picture.</summary>
    public int[]? Ids { get; }

    /// <summary>An upright picture; null for a text.</summary>
    public Image? Picture { get; }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsOver => Task.IsCompleted;

    public void Finish(float[] vector)
    {
        cancellation.Unregister();
        TrySetResult(vector);
    }

    public void Fail(Exception e)
    {
        cancellation.Unregister();
        TrySetException(e);
    }
}

/// <summary>
/// One embedding model in the engine: a step takes as many waiting texts, or pictures, as fit the step's rows, whoever
/// they are from, so that many callers are served together and nobody else is held up for long.
/// </summary>
sealed class EmbeddingHost(EmbeddingSystem system, EngineOptions options) : IEngineHost
{
    readonly Lock gate = new();
    readonly Queue<EmbeddingWork> waiting = new();
    readonly List<EmbeddingWork> batch = [];

    public EmbeddingSystem System => system;

    public bool IsIdle
    {
        get
        {
            lock (gate)
            {
                return waiting.Count == 0;
            }
        }
    }

    /// <summary>Puts work into the queue; thread-safe.</summary>
    public void Enqueue(EmbeddingWork work)
    {
        lock (gate)
        {
            waiting.Enqueue(work);
        }
    }

    /// <summary>One share of the device: one pass over texts or pictures.</summary>
    public bool Step(Compute c)
    {
        Take();
        try
        {
            Run(c, batch);
        }
        catch (Exception e)
        {
            Isolate(c, e);
        }

        batch.Clear();
        return true;
    }

    /// <inheritdoc/>
    public void FailAll(Exception e)
    {
        lock (gate)
        {
            batch.AddRange(waiting);
            waiting.Clear();
        }

        batch.ForEach(work => work.Fail(e));
        batch.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // It holds nothing but work.
    }

    /// <summary>Takes from the queue what the next pass is of: one kind, in order, up to the budget of rows and one at least.</summary>
    void Take()
    {
        int rows = 0;
        lock (gate)
        {
            while (waiting.TryPeek(out EmbeddingWork? next))
            {
                if (!next.IsOver)
                {
                    int needed = next.Ids?.Length ?? system.PictureRows;
                    if (batch.Count > 0 && (rows + needed > options.StepRows || (next.Ids is null) != (batch[0].Ids is null)))
                    {
                        return;
                    }

                    rows += needed;
                    batch.Add(next);
                }

                waiting.Dequeue();
            }
        }
    }

    /// <summary>What one of the batch cannot have (a text beyond the model's positions, more memory than there is) must not fail the others.</summary>
    void Isolate(Compute c, Exception e)
    {
        if (batch.Count == 1)
        {
            batch[0].Fail(e);
            return;
        }

        foreach (EmbeddingWork work in batch)
        {
            try
            {
                Run(c, [work]);
            }
            catch (Exception own)
            {
                work.Fail(own);
            }
        }
    }

    void Run(Compute c, List<EmbeddingWork> works)
    {
        if (works.Count == 0)
        {
            return;
        }

        c.Reset();
        Tensor vectors = works[0].Ids is null
            ? system.EmbedPictures(c, [.. works.Select(w => w.Picture!)])
            : system.EmbedTexts(c, [.. works.Select(w => w.Ids!)]);
        for (int i = 0; i < works.Count; i++)
        {
            var vector = new float[vectors.Columns];
            c.Read(vectors.SliceRows(i, 1), vector);
            works[i].Finish(vector);
        }
    }
}
