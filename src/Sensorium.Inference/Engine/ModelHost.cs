using Sensorium.Models.Backbones;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>One model in the engine: its waiting and running sequences, and its share of a step.</summary>
sealed class ModelHost : IEngineHost
{
    readonly LanguageSystem system;
    readonly EngineOptions options;
    readonly KvStore store;
    readonly Admission admission;
    readonly PictureReader pictures;
    readonly SourceReader? sources;
    readonly StepPlan plan;
    readonly Queue<Sequence> waiting = new();
    readonly List<Sequence> running = [];
    readonly float[] logitsRow;
    int[] best = new int[64];

    public ModelHost(LanguageSystem system, Device device, EngineOptions options, Action wake)
    {
        this.system = system;
        this.options = options;
        store = new KvStore(system.Backbone, device, options);
        admission = new Admission(system, options, store);
        pictures = new PictureReader(system, options, wake);
        sources = system.Backbone is EncoderDecoder model ? new SourceReader(model, store) : null;
        plan = new StepPlan(system, store);
        logitsRow = new float[system.Backbone.VocabularySize];
    }

    public LanguageSystem System => system;

    public bool IsIdle => waiting.Count == 0 && running.Count == 0;

    /// <summary>Memory held for keys and values.</summary>
    public long KvBytes => store.Held;

    /// <summary>Memory promised to the sequences that run.</summary>
    public long PromisedBytes => store.Promised;

    /// <inheritdoc cref="Admission.Prepare"/>
    public Sequence Prepare(GenerationRequest request, Action<Generation> stop) => admission.Prepare(request, stop);

    public void Enqueue(Sequence sequence) => waiting.Enqueue(sequence);

    /// <summary>
    /// One share of the device: admission, then one picture and some sources through their encoders, then one pass over
    /// rows of many sequences, so that nobody's encoder work holds up the answers of the others for longer than a step.
    /// Pictures are decoded meanwhile, on other threads.
    /// </summary>
    /// <returns>False: all that is left to do waits for a picture to be decoded.</returns>
    public bool Step(Compute c)
    {
        DropStopped();
        Admit();
        if (running.Count == 0)
        {
            return true;
        }

        bool sawPicture = ReadPicture(c);
        int ready = ReadyRows();
        int encoded = ReadSources(c, options.StepRows - ready);
        bool computed = Pass(c, Math.Max(options.StepRows - encoded, ready));
        return sawPicture || encoded > 0 || computed || !pictures.AreDecoding;
    }

    /// <summary>Ends every sequence: the engine stops, or something failed that all of them need.</summary>
    public void FailAll(Exception e)
    {
        Fail(running.ToArray(), e);
        while (waiting.TryDequeue(out Sequence? sequence))
        {
            sequence.Generation.Fail(e);
        }
    }

    public void Dispose() => store.Dispose();

    void DropStopped()
    {
        for (int i = running.Count - 1; i >= 0; i--)
        {
            if (running[i].Generation.StopRequested)
            {
                Sequence sequence = running[i];
                store.Keep(sequence, system.Backbone.ReusableLength);
                End(sequence);
                sequence.Generation.Finish(FinishReason.Stopped);
            }
        }
    }

    void Admit()
    {
        while (waiting.TryPeek(out Sequence? next) && running.Count < options.MaxSequences)
        {
            if (next.Generation.StopRequested)
            {
                waiting.Dequeue();
                next.Generation.Finish(FinishReason.Stopped);
                continue;
            }

            if (!store.Admit(next, system.Backbone.ReusableLength))
            {
                return;
            }

            waiting.Dequeue();
            running.Add(next);
            Report(next);
        }
    }

    /// <summary>Encodes one picture that is decoded, after the decoding of others was begun.</summary>
    /// <returns>Whether there was one.</returns>
    bool ReadPicture(Compute c)
    {
        Sequence? owner = null;
        foreach (Sequence sequence in running)
        {
            if (sequence.NextPicture is { } next && pictures.IsReady(next))
            {
                owner ??= sequence;
            }
        }

        if (owner?.NextPicture is not { } span)
        {
            return false;
        }

        try
        {
            pictures.Read(c, owner, span);
            Report(owner);
        }
        catch (Exception e)
        {
            Fail([owner], e);
        }

        return true;
    }

    /// <summary>Rows that wait for no encoder, as far as a step goes: they come before encoder work.</summary>
    int ReadyRows()
    {
        long rows = 0;
        foreach (Sequence sequence in running)
        {
            rows += sequence.IsReady ? sequence.Length - sequence.Computed : 0;
        }

        return (int)Math.Min(rows, options.StepRows);
    }

    /// <returns>Rows that were encoded.</returns>
    int ReadSources(Compute c, int budget)
    {
        int rows = sources?.Choose(running, budget) ?? 0;
        if (rows > 0)
        {
            try
            {
                sources!.Read(c);
            }
            catch (Exception e)
            {
                Fail([.. sources!.Batch], e);
            }
        }

        return rows;
    }

    /// <returns>False: there were no rows to compute.</returns>
    bool Pass(Compute c, int budget)
    {
        try
        {
            plan.Choose(running, budget);
            if (plan.Rows.Rows == 0)
            {
                return false;
            }

            c.Reset();
            Tensor x = system.Backbone.Forward(c, plan.Embed(c), plan.Rows);
            plan.Rows.Commit();
            if (plan.Rows.WantedRows.Length > 0)
            {
                Choose(c, system.Backbone.Logits(c, system.Backbone.Norm(c, c.Gather(x, plan.Rows.WantedRows))));
            }
        }
        catch (Exception e)
        {
            // What all sequences of the pass had in common failed, so none of them can go on.
            Fail([.. plan.Sequences], e);
        }

        return true;
    }

    void Choose(Compute c, Tensor logits)
    {
        int wanted = (int)logits.Rows;
        if (best.Length < wanted)
        {
            best = new int[wanted * 2];
        }

        c.ReadIds(c.ArgMax(logits), best.AsSpan(0, wanted));
        int row = 0;
        for (int s = 0; s < plan.Sequences.Count; s++)
        {
            Sequence sequence = plan.Sequences[s];
            if (sequence.Computed != sequence.Length)
            {
                continue;
            }

            if (sequence.NewTokens == 0)
            {
                store.Keep(sequence, system.Backbone.ReusableLength);
            }

            int id = best[row];
            if (!sequence.Sampler.IsPlainArgMax)
            {
                c.Read(logits.SliceRows(row, 1), logitsRow);
                id = sequence.Sampler.Next(logitsRow, sequence.Ids, sequence.PromptLength);
            }

            row++;
            Deliver(sequence, id);
        }

        // Whoever waits for a token may get a core now: the next step takes them all, and a thread that wakes may be kept waiting until a tick ends it.
        Thread.Yield();
    }

    void Deliver(Sequence sequence, int id)
    {
        sequence.Append(id);
        Report(sequence);
        sequence.Generation.Write(id);
        bool ended = Array.IndexOf(sequence.EndIds, id) >= 0;
        if (ended || sequence.NewTokens == sequence.MaxNewTokens)
        {
            store.Keep(sequence, system.Backbone.ReusableLength);
            End(sequence);
            sequence.Generation.Finish(ended ? FinishReason.EndOfText : FinishReason.Length);
        }
    }

    void Fail(Sequence[] sequences, Exception e)
    {
        Exception told = e is OutOfMemoryException
            ? new RequestException(RequestError.OutOfMemory, $"memory ran out while {system.Name} answered; ask for less at a time, or allow less for keys and values ({options.KvBytes >> 20} MiB)")
            : e;
        foreach (Sequence sequence in sequences)
        {
            End(sequence);
            sequence.Generation.Fail(told);
        }
    }

    void End(Sequence sequence)
    {
        if (running.Remove(sequence))
        {
            store.Release(sequence);
        }
    }

    static void Report(Sequence sequence)
    {
        GenerationUsage usage = sequence.Generation.Usage;
        sequence.Generation.Usage = usage with { CachedTokens = sequence.CachedTokens, CachedPictures = sequence.CachedPictures, NewTokens = sequence.NewTokens };
    }
}
