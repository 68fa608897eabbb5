using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// A model's keys and values, under one limit of bytes: pages of its sequences, pages of their memories, and what is kept
/// of both for requests to come. Admission promises a sequence all the pages that it may need; what is kept gives way to
/// what is promised. For the one thread that runs the engine loop.
/// </summary>
sealed class KvStore : IDisposable
{
    readonly KvPool tokens;
    readonly KvPool? memories;
    readonly PrefixCache prefixes;
    readonly MemoryCache? known;
    long promised;

    public KvStore(Backbone backbone, Device device, EngineOptions options)
    {
        DType type = options.KvType ?? (options.Numerics == Numerics.Exact ? DType.F32 : DType.F16);
        long tokenPage = PageBytes(backbone.KvLayout, type);
        long memoryPage = backbone.MemoryLayout is { } layout ? PageBytes(layout, type) : 0;
        Limit = Math.Max(options.KvBytes, tokenPage + memoryPage);
        tokens = device.NewKvPool(backbone.KvLayout, type, Pages(Limit / tokenPage));
        prefixes = new PrefixCache(tokens, () => MakeRoom(tokens, 1));
        if (memoryPage > 0)
        {
            memories = device.NewKvPool(backbone.MemoryLayout!.Value, type, Pages(Limit / memoryPage));
            known = new MemoryCache(memories);
        }
    }

    /// <summary>The most bytes that it may hold.</summary>
    public long Limit { get; }

    /// <summary>Bytes that it holds now.</summary>
    public long Held => tokens.AllocatedBytes + (memories?.AllocatedBytes ?? 0);

    /// <summary>Bytes promised to running sequences.</summary>
    public long Promised => promised;

    /// <summary>Where the sequences' pages are.</summary>
    public KvPool Tokens => tokens;

    /// <summary>Where their memories' pages are; null for a model that reads none.</summary>
    public KvPool? Memories => memories;

    /// <summary>Bytes that so many tokens and a memory of so many rows take.</summary>
    public long BytesFor(long length, int memory) => PagesFor(length) * tokens.PageBytes + (memories is null ? 0 : PagesFor(memory) * memories.PageBytes);

    /// <summary>The most tokens that there is room for beside a memory of so many rows.</summary>
    public long TokensBeside(int memory) => Math.Max(0, Limit - BytesFor(0, memory)) / tokens.PageBytes * KvPool.PageRows;

    /// <summary>Promises a sequence its pages, and lets it share what is kept of its beginning or of its source.</summary>
    /// <param name="sequence">One that has no pages yet.</param>
    /// <param name="reusableLength">The longest sequence whose keys are alike.</param>
    /// <returns>False where it has to wait until others end.</returns>
    public bool Admit(Sequence sequence, int reusableLength)
    {
        if (promised + Needs(sequence) > Limit)
        {
            return false;
        }

        promised += Needs(sequence);
        sequence.CachedTokens = prefixes.Adopt(sequence.Keys, sequence.Pages, sequence.ReuseLimit(reusableLength));
        Recall(sequence);
        return true;
    }

    /// <summary>Looks for a memory of the sequence's source.</summary>
    /// <returns>Whether it has one now.</returns>
    public bool Recall(Sequence sequence)
    {
        if (sequence.Source is not { } source || !known!.Adopt(source.Key, source.Pages))
        {
            return false;
        }

        sequence.CachedTokens = source.Rows.Length;
        return true;
    }

    /// <summary>Sees to it that a sequence has pages for so many tokens.</summary>
    public void Reserve(Sequence sequence, int length)
    {
        MakeRoom(tokens, PagesFor(length) - sequence.Pages.Pages.Count);
        sequence.Pages.Reserve(tokens, length);
    }

    /// <summary>Sees to it that a source has pages for its memory.</summary>
    public void Reserve(SourceMemory source)
    {
        MakeRoom(memories!, source.PagesNeeded - source.Pages.Pages.Count);
        source.Pages.Reserve(memories!, source.Rows.Length);
    }

    /// <summary>Keeps what a sequence has computed, for others that begin alike.</summary>
    public void Keep(Sequence sequence, int reusableLength) =>
        prefixes.Insert(sequence.Keys, sequence.Pages, Math.Min(sequence.Computed, sequence.KeptLimit(reusableLength)));

    /// <summary>Keeps a memory, for others that have the same source.</summary>
    public void Keep(SourceMemory source) => known!.Insert(source.Key, source.Pages);

    /// <summary>Takes all that a sequence has.</summary>
    public void Release(Sequence sequence)
    {
        promised -= Needs(sequence);
        sequence.Pages.Release(tokens);
        sequence.Source?.Pages.Release(memories!);
    }

    public void Dispose()
    {
        tokens.Dispose();
        memories?.Dispose();
    }

    long Needs(Sequence sequence) => sequence.PagesNeeded * tokens.PageBytes + (sequence.Source is { } source ? source.PagesNeeded * memories!.PageBytes : 0);

    /// <summary>Lets what is kept go, the pool's own first, until so many of its pages can be rented.</summary>
    void MakeRoom(KvPool pool, int pages)
    {
        KvPool? other = pool == tokens ? memories : tokens;
        while (!Fits(pool, pages, other) && (Forget(pool) || (other is not null && Forget(other))))
        {
        }
    }

    /// <summary>Whether so many pages can be rented; pages that the other pool has no use for make room for them.</summary>
    bool Fits(KvPool pool, int pages, KvPool? other)
    {
        long more = Math.Max(0, pages - pool.Free) * pool.PageBytes;
        while (more > 0 && Held + more > Limit)
        {
            if (other is null || !other.Shrink())
            {
                return false;
            }
        }

        return true;
    }

    bool Forget(KvPool pool) => pool == tokens ? prefixes.FreeOldest() : known!.FreeOldest();

    static int PagesFor(long length) => (int)((length + KvPool.PageRows - 1) / KvPool.PageRows);

    static long PageBytes(KvLayout layout, DType type) => Math.Max(1, layout.ElementsPerToken * KvPool.PageRows * type.BlockBytes());

    static int Pages(long count) => (int)Math.Min(count, int.MaxValue);
}
