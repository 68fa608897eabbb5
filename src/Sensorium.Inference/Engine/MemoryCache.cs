using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Memories that were encoded before, by what they are of, for requests with the same source. They share pages, whole: a
/// memory's rows saw each other both ways, so a part of one is of no use. For the one thread that runs the engine loop.
/// </summary>
sealed class MemoryCache(KvPool pool)
{
    readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    long clock;

    sealed class Entry
    {
        public PageTable Pages { get; } = new();

        public long Used { get; set; }
    }

    /// <summary>Memories that it holds.</summary>
    public int Count => entries.Count;

    /// <summary>Lets a new sequence read a memory that is known.</summary>
    /// <returns>Whether it is.</returns>
    public bool Adopt(string key, PageTable table)
    {
        if (!entries.TryGetValue(key, out Entry? entry))
        {
            return false;
        }

        entry.Used = ++clock;
        Share(entry.Pages, table);
        return true;
    }

    /// <summary>Keeps a memory.</summary>
    public void Insert(string key, PageTable table)
    {
        if (entries.ContainsKey(key))
        {
            return;
        }

        var entry = new Entry { Used = ++clock };
        Share(table, entry.Pages);
        entries.Add(key, entry);
    }

    /// <summary>Gives up the memory that was longest not asked for.</summary>
    /// <returns>Whether there was one.</returns>
    public bool FreeOldest()
    {
        string? oldest = null;
        long used = long.MaxValue;
        foreach ((string key, Entry entry) in entries)
        {
            if (entry.Used < used)
            {
                (oldest, used) = (key, entry.Used);
            }
        }

        if (oldest is null)
        {
            return false;
        }

        entries[oldest].Pages.Release(pool);
        entries.Remove(oldest);
        return true;
    }

    void Share(PageTable from, PageTable to)
    {
        foreach (int page in from.Pages)
        {
            to.Adopt(pool, page);
        }

        to.Length = from.Length;
    }
}
