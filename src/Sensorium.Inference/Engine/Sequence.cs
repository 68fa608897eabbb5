using Sensorium.Inference.Sampling;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>One request on its way through the engine: its rows, its pages, its memory, its random state. For the engine loop alone.</summary>
sealed class Sequence
{
    readonly RequestRows rows;

    public Sequence(RequestRows rows, SourceMemory? source, Generation generation, Sampler sampler, IReadOnlyList<int> endIds)
    {
        this.rows = rows;
        Source = source;
        Generation = generation;
        Sampler = sampler;
        EndIds = [.. endIds];
        PromptLength = rows.Length;
        MaxNewTokens = rows.Capacity - rows.Length;
    }

    public Generation Generation { get; }

    public Sampler Sampler { get; }

    public int[] EndIds { get; }

    public int MaxNewTokens { get; }

    /// <summary>Rows that were given: the prompt, or what an encoder–decoder's answer begins with.</summary>
    public int PromptLength { get; }

    /// <summary>What an encoder–decoder reads; null for a model that only continues.</summary>
    public SourceMemory? Source { get; }

    /// <summary>Pictures among its own rows.</summary>
    public List<SoftSpan> Soft => rows.Soft;

    public PageTable Pages { get; } = new();

    /// <summary>Rows known: prompt and answer.</summary>
    public int Length => rows.Length;

    /// <summary>Rows whose keys and values are kept.</summary>
    public int Computed => Pages.Length;

    public int NewTokens => Length - PromptLength;

    /// <summary>The one row that is missing is the newest.</summary>
    public bool IsDecoding => Computed == Length - 1 && Length > PromptLength;

    /// <summary>All that the next rows need was encoded.</summary>
    public bool IsReady => Source is { } source ? source.IsReady : NextPicture is null;

    /// <summary>The first picture that has to be encoded before the next rows can be computed; null where there is none.</summary>
    public SoftSpan? NextPicture
    {
        get
        {
            foreach (SoftSpan span in Source?.Rows.Soft ?? Soft)
            {
                if (span.Rows is null && (Source is { } source ? !source.IsReady : span.End > Computed))
                {
                    return span;
                }
            }

            return null;
        }
    }

    /// <summary>Pages that it may need in all, its memory's not counted.</summary>
    public int PagesNeeded => (rows.Capacity + KvPool.PageRows - 1) / KvPool.PageRows;

    /// <summary>Its first keys were computed once more, for a length at which all keys change.</summary>
    public bool IsRecomputed { get; set; }

    public int CachedPictures { get; set; }

    public int CachedTokens { get; set; }

    /// <inheritdoc cref="RequestRows.Ids"/>
    public ReadOnlySpan<int> Ids => rows.Ids;

    /// <inheritdoc cref="RequestRows.Keys"/>
    public ReadOnlySpan<ulong> Keys => rows.Keys;

    public void Append(int id) => rows.Append(id);

    /// <summary>
    /// The end of a chunk of the prompt that begins at the first row not computed and has about <paramref name="budget"/>
    /// rows: it never ends within a span whose rows see each other both ways.
    /// </summary>
    public int ChunkEnd(int budget)
    {
        int end = Math.Min(Length, Computed + budget);
        foreach (SoftSpan span in Soft)
        {
            if (span.IsBidirectional && span.First < end && end < span.End)
            {
                end = span.First > Computed ? span.First : span.End;
            }
        }

        return end;
    }

    /// <summary>The most rows that may be reused: all but the last, and no part of a span whose rows see each other both ways.</summary>
    public int ReuseLimit(int most)
    {
        // The keys of a longer sequence are others from its first token on, and those of an answer are of its source.
        int limit = PromptLength > most || Source is not null ? 0 : PromptLength - 1;
        foreach (SoftSpan span in Soft)
        {
            if (span.IsBidirectional && span.First < limit && limit < span.End)
            {
                limit = span.First;
            }
        }

        return limit;
    }

    /// <summary>
    /// The most rows that others may reuse, where keys that were computed for at most so many tokens are alike. Of an answer
    /// to a source nothing is: the source's memory is what a next request may share.
    /// </summary>
    public int KeptLimit(int most) => PromptLength > most || IsRecomputed || Source is not null ? 0 : most;

    /// <summary>Whether keys were kept for a shorter sequence than it is now, on the other side of a length at which all keys change.</summary>
    public bool Outgrows(int length) => Length > length && PromptLength <= length && !IsRecomputed;
}
