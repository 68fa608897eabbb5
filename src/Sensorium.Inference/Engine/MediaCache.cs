namespace Sensorium.Inference;

/// <summary>Soft tokens of pictures that were encoded before, by content; the longest unused go first. Thread-safe for one writer.</summary>
sealed class MediaCache(long capacity)
{
    readonly Dictionary<string, LinkedListNode<(string Key, float[] Rows)>> byKey = new(StringComparer.Ordinal);
    readonly LinkedList<(string Key, float[] Rows)> byUse = new();
    long held;

    /// <summary>The rows under a key, or null.</summary>
    public float[]? Find(string key)
    {
        if (!byKey.TryGetValue(key, out LinkedListNode<(string Key, float[] Rows)>? node))
        {
            return null;
        }

        byUse.Remove(node);
        byUse.AddFirst(node);
        return node.Value.Rows;
    }

    /// <summary>Whether there are rows under a key.</summary>
    public bool Has(string key) => byKey.ContainsKey(key);

    /// <summary>Keeps rows under a key.</summary>
    public void Add(string key, float[] rows)
    {
        byKey.Add(key, byUse.AddFirst((key, rows)));
        held += rows.Length * sizeof(float);
        while (held > capacity && byUse.Count > 1)
        {
            (string oldest, float[] values) = byUse.Last!.Value;
            byUse.RemoveLast();
            byKey.Remove(oldest);
            held -= values.Length * sizeof(float);
        }
    }
}
