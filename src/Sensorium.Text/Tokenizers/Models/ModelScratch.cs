using System.Numerics;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Memory that one encoding at a time works in: arrays for merging, and the tokens of words seen before.</summary>
internal sealed class ModelScratch
{
    public int[] Ids = [];
    public int[] Starts = [];
    public int[] Ends = [];
    public int[] Previous = [];
    public int[] Next = [];
    public double[] Scores = [];
    public readonly List<ulong> Heap = [];
    public readonly WordCache Words = new();

    public void Reserve(int symbols)
    {
        if (Ids.Length >= symbols) return;
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, symbols));
        Ids = new int[size];
        Starts = new int[size];
        Ends = new int[size];
        Previous = new int[size];
        Next = new int[size];
    }

    /// <summary>Lets go of what a very long text made grow.</summary>
    public void Trim()
    {
        if (Ids.Length > 1 << 16)
        {
            Ids = Starts = Ends = Previous = Next = [];
            Heap.Clear();
            Heap.Capacity = 0;
        }
        if (Scores.Length > 1 << 16) Scores = [];
    }

    /// <summary>A binary heap of keys, the least on top.</summary>
    public void Push(ulong key)
    {
        Heap.Add(key);
        int i = Heap.Count - 1;
        while (i > 0)
        {
            int parent = (i - 1) / 2;
            if (Heap[parent] <= key) break;
            Heap[i] = Heap[parent];
            i = parent;
        }
        Heap[i] = key;
    }

    public ulong Pop()
    {
        ulong top = Heap[0];
        ulong last = Heap[^1];
        Heap.RemoveAt(Heap.Count - 1);
        int n = Heap.Count;
        if (n == 0) return top;
        int i = 0;
        while (true)
        {
            int child = 2 * i + 1;
            if (child >= n) break;
            if (child + 1 < n && Heap[child + 1] < Heap[child]) child++;
            if (Heap[child] >= last) break;
            Heap[i] = Heap[child];
            i = child;
        }
        Heap[i] = last;
        return top;
    }
}

/// <summary>The tokens of words seen before, bounded; emptied when it is full.</summary>
internal sealed class WordCache
{
    /// <summary>Longer pre-tokens are not kept.</summary>
    public const int MaxWord = 64;

    const int Slots = 1 << 16, MaxEntries = Slots / 2;

    // Per slot: hash (0: empty), where the word stands in the pool, its length, the number of its tokens.
    int[] slots = [];
    int[] pool = [];
    int used;
    int entries;

    static int Hash(ReadOnlySpan<int> word)
    {
        uint h = 2166136261;
        foreach (int c in word) h = BitOperations.RotateLeft((h ^ (uint)c) * 0x9E3779B1, 15);
        return (int)(h * 0x85EBCA6B | 1);
    }

    /// <summary>Appends the tokens of a word if they are known.</summary>
    public bool TryGet(ReadOnlySpan<int> word, int offset, TokenBuffer output, out int hash)
    {
        hash = Hash(word);
        if (entries == 0) return false;
        for (int i = hash >>> 8 & Slots - 1; ; i = i + 1 & Slots - 1)
        {
            int s = i * 4;
            if (slots[s] == 0) return false;
            if (slots[s] != hash || slots[s + 2] != word.Length) continue;
            int at = slots[s + 1];
            if (!pool.AsSpan(at, word.Length).SequenceEqual(word)) continue;
            var tokens = pool.AsSpan(at + word.Length, slots[s + 3] * 3);
            for (int t = 0; t < tokens.Length; t += 3) output.Add(tokens[t], tokens[t + 1] + offset, tokens[t + 2] + offset);
            return true;
        }
    }

    /// <summary>Keeps the tokens that were appended from index <paramref name="from"/> on.</summary>
    public void Add(ReadOnlySpan<int> word, int hash, int offset, TokenBuffer output, int from)
    {
        int count = output.Count - from;
        int need = word.Length + count * 3;
        if (entries >= MaxEntries)
        {
            entries = used = 0;
            Array.Clear(slots);
        }
        if (slots.Length == 0) slots = new int[Slots * 4];
        if (pool.Length < used + need) Array.Resize(ref pool, (int)BitOperations.RoundUpToPowerOf2((uint)(used + need + 1024)));
        int i = hash >>> 8 & Slots - 1;
        while (slots[i * 4] != 0) i = i + 1 & Slots - 1;
        slots[i * 4] = hash;
        slots[i * 4 + 1] = used;
        slots[i * 4 + 2] = word.Length;
        slots[i * 4 + 3] = count;
        word.CopyTo(pool.AsSpan(used));
        used += word.Length;
        for (int t = from; t < output.Count; t++)
        {
            pool[used++] = output.Ids[t];
            pool[used++] = output.Starts[t] - offset;
            pool[used++] = output.Ends[t] - offset;
        }
        entries++;
    }
}
