using Sensorium.Inference.Sampling;
using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>One model in the engine: its pages, its waiting and running sequences, and its share of a step.</summary>
sealed class ModelHost : IDisposable
{
    readonly LanguageSystem system;
    readonly EngineOptions options;
    readonly KvPool pool;
    readonly PrefixCache prefixes;
    readonly MediaCache media;
    readonly MediaBudget mediaBudget;
    readonly Queue<Sequence> waiting = new();
    readonly List<Sequence> running = [];
    readonly List<Sequence> inStep = [];
    readonly Plan plan;
    readonly float[] logitsRow;
    int[] ids = new int[64];
    int[] softRows = [];
    int[] best = new int[64];
    int reserved;

    public ModelHost(LanguageSystem system, Device device, EngineOptions options)
    {
        this.system = system;
        this.options = options;
        DType kvType = options.KvType ?? (options.Numerics == Numerics.Exact ? DType.F32 : DType.F16);
        long pageBytes = system.Backbone.KvLayout.ElementsPerToken * KvPool.PageRows * kvType.BlockBytes();
        int pages = (int)Math.Clamp(options.KvBytes / Math.Max(pageBytes, 1), 1, 1 << 20);
        pool = device.NewKvPool(system.Backbone.KvLayout, kvType, pages);
        prefixes = new PrefixCache(pool);
        media = new MediaCache(options.MediaBytes);
        mediaBudget = new MediaBudget { MaxPixels = options.MaxPixels };
        plan = new Plan(system.Backbone.PositionAxes);
        logitsRow = new float[system.Backbone.VocabularySize];
    }

    public LanguageSystem System => system;

    public bool IsIdle => waiting.Count == 0 && running.Count == 0;

    /// <summary>Memory held for keys and values.</summary>
    public long KvBytes => pool.AllocatedBytes;

    /// <summary>Checks a request and makes its sequence; thread-safe.</summary>
    /// <exception cref="RequestException">It cannot be answered; the numbers are in the message.</exception>
    public Sequence Prepare(GenerationRequest request, Action<Generation> stop)
    {
        int prompt = request.Prompt.Sum(s => s.Length);
        int context = system.Backbone.ContextLength;
        if (prompt == 0)
        {
            throw new RequestException(RequestError.UnsupportedContent, "the prompt is empty");
        }

        if (request.MaxNewTokens is < 1)
        {
            throw new RequestException(RequestError.UnsupportedOption, $"max tokens is 1 or more, not {request.MaxNewTokens}");
        }

        if (prompt >= context)
        {
            throw new RequestException(RequestError.ContextOverflow, $"the prompt has {prompt} tokens, {system.Name} takes {context} in all, answer included; shorten the prompt");
        }

        int wanted = request.MaxNewTokens ?? system.Generation.MaxNewTokens ?? context - prompt;
        if (request.MaxNewTokens is { } asked && prompt + asked > context)
        {
            throw new RequestException(RequestError.ContextOverflow, $"the prompt has {prompt} tokens and {asked} new ones were asked for, {system.Name} takes {context} in all; ask for at most {context - prompt} (--max-tokens)");
        }

        int most = Math.Min(wanted, context - prompt);
        int capacity = pool.Capacity * KvPool.PageRows;
        if (prompt + most > capacity && request.MaxNewTokens is null)
        {
            most = capacity - prompt;
        }

        if (most < 1 || prompt + most > capacity)
        {
            throw new RequestException(RequestError.OutOfMemory, $"prompt and answer may have {prompt + Math.Max(most, 1)} tokens, the memory allowed for keys and values ({options.KvBytes >> 20} MiB) holds {capacity}");
        }

        Sampler sampler = request.Sampling.ToSampler();
        var generation = new Generation(most, stop) { Usage = new GenerationUsage(prompt, request.Prompt.Where(s => s.Picture is not null).Sum(s => s.Length), 0, 0, 0) };
        return new Sequence(request, generation, sampler, request.EndIds ?? system.Generation.EosTokenIds, most);
    }

    public void Enqueue(Sequence sequence) => waiting.Enqueue(sequence);

    /// <summary>One share of the device: admission, then one encoded picture or one pass over rows of many sequences.</summary>
    public void Step(Compute c)
    {
        DropStopped();
        Admit();
        if (running.Count == 0)
        {
            return;
        }

        if (NextPicture() is (Sequence owner, SoftSpan span))
        {
            Encode(c, owner, span);
            return;
        }

        try
        {
            Pass(c);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What all sequences of the pass had in common failed, so none of them can go on.
            foreach (Sequence sequence in inStep.ToArray())
            {
                End(sequence);
                sequence.Generation.Fail(e);
            }
        }
    }

    /// <summary>Ends every sequence, as the engine stops.</summary>
    public void FailAll(Exception e)
    {
        foreach (Sequence sequence in running.ToArray())
        {
            End(sequence);
            sequence.Generation.Fail(e);
        }

        while (waiting.TryDequeue(out Sequence? sequence))
        {
            sequence.Generation.Fail(e);
        }
    }

    public void Dispose() => pool.Dispose();

    void DropStopped()
    {
        for (int i = running.Count - 1; i >= 0; i--)
        {
            if (running[i].Generation.StopRequested)
            {
                Sequence sequence = running[i];
                Keep(sequence);
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

            if (reserved + next.PagesNeeded > pool.Capacity)
            {
                return;
            }

            waiting.Dequeue();
            reserved += next.PagesNeeded;
            running.Add(next);
            next.CachedTokens = prefixes.Adopt(next.Keys, next.Pages, next.ReuseLimit(system.Backbone.ReusableLength));
            Report(next);
        }
    }

    (Sequence Owner, SoftSpan Span)? NextPicture()
    {
        foreach (Sequence sequence in running)
        {
            foreach (SoftSpan span in sequence.Soft)
            {
                if (span.Rows is null && span.End > sequence.Computed)
                {
                    return (sequence, span);
                }
            }
        }

        return null;
    }

    void Encode(Compute c, Sequence owner, SoftSpan span)
    {
        string key = $"{span.Picture.Key}/{system.Identity}/{options.Numerics}";
        if (media.Find(key) is { } known)
        {
            span.Rows = known;
            owner.CachedPictures++;
            Report(owner);
            return;
        }

        try
        {
            c.Reset();
            Tensor rows = system.Encode(c, span.Picture, mediaBudget);
            var values = new float[rows.Rows * rows.Columns];
            c.Read(rows, values);
            media.Add(key, values);
            span.Rows = values;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            End(owner);
            owner.Generation.Fail(e);
        }
    }

    void Pass(Compute c)
    {
        Plan();
        c.Reset();
        Tensor x = system.Backbone.Embed(c, ids.AsSpan(0, plan.Rows));
        x = PlaceSoftRows(c, x);
        x = system.Backbone.Forward(c, x, plan);
        plan.Commit();
        if (plan.WantedRows.Length > 0)
        {
            Tensor logits = system.Backbone.Logits(c, system.Backbone.Norm(c, c.Gather(x, plan.WantedRows)));
            Choose(c, logits);
        }
    }

    /// <summary>The newest row of each sequence that is answering, then as much of the prompts as the budget leaves.</summary>
    void Plan()
    {
        plan.Clear(pool);
        inStep.Clear();
        foreach (Sequence sequence in running)
        {
            if (sequence.Outgrows(system.Backbone.KeysChangeBeyond))
            {
                sequence.Pages.Release(pool);
                sequence.IsRecomputed = true;
            }

            if (sequence.IsDecoding)
            {
                Add(sequence, sequence.Length);
            }
        }

        foreach (Sequence sequence in running)
        {
            int budget = options.StepRows - plan.Rows;
            if (!sequence.IsDecoding && (budget > 0 || plan.Rows == 0))
            {
                Add(sequence, sequence.ChunkEnd(Math.Max(budget, 1)));
            }
        }
    }

    void Add(Sequence sequence, int end)
    {
        int start = sequence.Computed;
        int rows = end - start;
        prefixes.Free((end + KvPool.PageRows - 1) / KvPool.PageRows - sequence.Pages.Pages.Count);
        sequence.Pages.Reserve(pool, end);
        int first = plan.Add(rows, sequence.Pages, ropeLength: sequence.Length);
        if (ids.Length < plan.Rows)
        {
            Array.Resize(ref ids, Math.Max(plan.Rows, ids.Length * 2));
        }

        for (int i = 0; i < rows; i++)
        {
            ids[first + i] = Math.Max(sequence.Ids[start + i], 0);
        }

        foreach (SoftSpan span in sequence.Soft)
        {
            if (span.IsBidirectional && span.First < end && span.End > start)
            {
                // Its first rows may be reused without the others, where the page of those was given away.
                int from = Math.Max(span.First, start);
                plan.SetVisible(first + from - start, span.End - from, span.End);
            }
        }

        if (end == sequence.Length)
        {
            plan.Want(first + rows - 1);
        }

        inStep.Add(sequence);
    }

    Tensor PlaceSoftRows(Compute c, Tensor x)
    {
        ReadOnlySpan<Segment> segments = plan.Segments;
        for (int s = 0; s < inStep.Count; s++)
        {
            foreach (SoftSpan span in inStep[s].Soft)
            {
                int from = Math.Max(span.First, segments[s].Start);
                int to = Math.Min(span.End, segments[s].Length);
                if (from >= to)
                {
                    continue;
                }

                if (softRows.Length < to - from)
                {
                    softRows = new int[to - from];
                }

                for (int i = 0; i < to - from; i++)
                {
                    softRows[i] = segments[s].FirstRow + from - segments[s].Start + i;
                }

                int width = system.Backbone.HiddenSize;
                Tensor values = c.FromHost(span.Rows.AsSpan((from - span.First) * width, (to - from) * width), to - from, width);
                x = c.Scatter(x, values, softRows.AsSpan(0, to - from));
            }
        }

        return x;
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
        for (int s = 0; s < inStep.Count; s++)
        {
            Sequence sequence = inStep[s];
            if (sequence.Computed != sequence.Length)
            {
                continue;
            }

            if (sequence.NewTokens == 0)
            {
                Keep(sequence);
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
    }

    void Deliver(Sequence sequence, int id)
    {
        sequence.Append(id);
        Report(sequence);
        sequence.Generation.Write(id);
        bool ended = Array.IndexOf(sequence.EndIds, id) >= 0;
        if (ended || sequence.NewTokens == sequence.MaxNewTokens)
        {
            Keep(sequence);
            End(sequence);
            sequence.Generation.Finish(ended ? FinishReason.EndOfText : FinishReason.Length);
        }
    }

    void Keep(Sequence sequence) =>
        prefixes.Insert(sequence.Keys, sequence.Pages, Math.Min(sequence.Computed, sequence.KeptLimit(system.Backbone.ReusableLength)));

    void End(Sequence sequence)
    {
        if (running.Remove(sequence))
        {
            reserved -= sequence.PagesNeeded;
            sequence.Pages.Release(pool);
        }
    }

    static void Report(Sequence sequence)
    {
        GenerationUsage usage = sequence.Generation.Usage;
        sequence.Generation.Usage = usage with { CachedTokens = sequence.CachedTokens, CachedPictures = sequence.CachedPictures, NewTokens = sequence.NewTokens };
    }
}
