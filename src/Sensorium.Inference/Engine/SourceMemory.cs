using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>What an encoder–decoder's answer reads: the source's rows, and the pages with the keys and values that cross-attention reads of them.</summary>
sealed class SourceMemory(RequestRows rows)
{
    public RequestRows Rows => rows;

    /// <summary>What it is a memory of.</summary>
    public string Key { get; } = rows.Identity();

    public PageTable Pages { get; } = new();

    /// <summary>It is encoded, whole: an encoder's rows see each other both ways.</summary>
    public bool IsReady => Pages.Length == rows.Length;

    /// <summary>Pages that it needs.</summary>
    public int PagesNeeded => (rows.Length + KvPool.PageRows - 1) / KvPool.PageRows;
}
