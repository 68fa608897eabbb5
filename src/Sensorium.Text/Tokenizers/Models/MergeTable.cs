namespace Sensorium.Text.Tokenizers.Models;

/// <summary>The merges of a BPE model by pairs of ids, and merging itself: of all neighbours the pair of the lowest rank, the leftmost of equals.</summary>
internal sealed class MergeTable(int capacity)
{
    const int FewSymbols = 32;

    readonly PairTable pairs = new(capacity);
    readonly List<int> ranks = new(capacity);
    readonly List<int> results = new(capacity);

    /// <summary>Adds a merge; of equal pairs the first counts.</summary>
    public void Add(int left, int right, int rank, int result)
    {
        if (!pairs.TryAdd(Key(left, right), ranks.Count)) return;
        ranks.Add(rank);
        results.Add(result);
    }

    static ulong Key(int a, int b) => (ulong)(uint)a << 32 | (uint)b;

    /// <summary>Merges the first <paramref name="n"/> symbols of the scratch memory (ids, starts, ends) in place; returns how many are left.</summary>
    public int Merge(int n, ModelScratch scratch) => n <= FewSymbols ? MergeFew(n, scratch) : MergeMany(n, scratch);

    int MergeFew(int n, ModelScratch s)
    {
        var (ids, starts, ends) = (s.Ids, s.Starts, s.Ends);
        Span<int> merge = stackalloc int[FewSymbols];
        for (int i = 0; i + 1 < n; i++) merge[i] = pairs.Get(Key(ids[i], ids[i + 1]));
        while (n > 1)
        {
            int best = -1, rank = int.MaxValue;
            for (int i = 0; i + 1 < n; i++)
            {
                if (merge[i] < 0 || ranks[merge[i]] >= rank) continue;
                best = i;
                rank = ranks[merge[i]];
            }
            if (best < 0) break;
            ids[best] = results[merge[best]];
            ends[best] = ends[best + 1];
            n--;
            for (int i = best + 1; i < n; i++)
            {
                ids[i] = ids[i + 1];
                starts[i] = starts[i + 1];
                ends[i] = ends[i + 1];
                merge[i - 1] = merge[i];
            }
            if (best + 1 < n) merge[best] = pairs.Get(Key(ids[best], ids[best + 1]));
            if (best > 0) merge[best - 1] = pairs.Get(Key(ids[best - 1], ids[best]));
        }
        return n;
    }

    int MergeMany(int n, ModelScratch s)
    {
        var (ids, starts, ends, previous, next) = (s.Ids, s.Starts, s.Ends, s.Previous, s.Next);
        s.Heap.Clear();
        for (int i = 0; i < n; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
            if (i + 1 < n) Consider(i);
        }
        while (s.Heap.Count > 0)
        {
            ulong top = s.Pop();
            int i = (int)(uint)top;
            // An entry is stale when its left symbol was swallowed or either side has changed.
            if (ids[i] < 0 || next[i] >= n) continue;
            int j = next[i];
            int merge = pairs.Get(Key(ids[i], ids[j]));
            if (merge < 0 || ranks[merge] != (int)(top >> 32)) continue;
            ids[i] = results[merge];
            ends[i] = ends[j];
            ids[j] = -1;
            next[i] = next[j];
            if (next[i] < n)
            {
                previous[next[i]] = i;
                Consider(i);
            }
            if (previous[i] >= 0) Consider(previous[i]);
        }
        int left = 0;
        for (int i = 0; i < n; i = next[i])
        {
            ids[left] = ids[i];
            starts[left] = starts[i];
            ends[left++] = ends[i];
        }
        return left;

        void Consider(int i)
        {
            int merge = pairs.Get(Key(ids[i], ids[next[i]]));
            if (merge >= 0) s.Push((ulong)ranks[merge] << 32 | (uint)i);
        }
    }
}
