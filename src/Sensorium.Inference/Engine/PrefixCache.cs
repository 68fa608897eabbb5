using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Keys and values of prompts and answers that were computed before, for requests that begin alike: a tree whose nodes
/// are pages, each under the keys (token ids, pictures' content) of its rows. A page that matches wholly is shared; of one
/// that matches in part, the part is copied. For the one thread that runs the engine loop.
/// </summary>
/// <param name="pool">Whose pages they are.</param>
/// <param name="makeRoom">Sees to it that a page can be rented.</param>
sealed class PrefixCache(KvPool pool, Action makeRoom)
{
    readonly Node root = new(null, [], 0, -1);
    long clock;

    sealed class Node(Node? parent, ulong[] keys, int count, int page)
    {
        public readonly Node? Parent = parent;
        public readonly List<Node> Children = [];
        public readonly ulong[] Keys = keys;
        public readonly int Count = count;
        public readonly int Page = page;
        public long Used;
    }

    /// <summary>Pages that the cache holds.</summary>
    public int Pages { get; private set; }

    /// <summary>
    /// Lets a new sequence begin with what is kept of its first keys, at most <paramref name="limit"/> rows.
    /// </summary>
    /// <returns>How many rows need not be computed.</returns>
    public int Adopt(ReadOnlySpan<ulong> keys, PageTable table, int limit)
    {
        Node node = root;
        int rows = 0;
        while (rows < limit)
        {
            (Node? child, int match) = BestChild(node, keys[rows..Math.Min(keys.Length, rows + KvPool.PageRows)]);
            match = Math.Min(match, limit - rows);
            if (child is null || match == 0)
            {
                break;
            }

            child.Used = ++clock;
            if (match < KvPool.PageRows)
            {
                CopyPart(child, table, rows + match);
                return rows + match;
            }

            table.Adopt(pool, child.Page);
            rows += match;
            node = child;
        }

        table.Length = rows;
        return rows;
    }

    /// <summary>Keeps what a sequence has computed: the first <paramref name="rows"/> keys' pages.</summary>
    public void Insert(ReadOnlySpan<ulong> keys, PageTable table, int rows)
    {
        Node node = root;
        for (int first = 0; first < rows; first += KvPool.PageRows)
        {
            ReadOnlySpan<ulong> own = keys[first..Math.Min(rows, first + KvPool.PageRows)];
            (Node? child, int match) = BestChild(node, own);
            if (child is null || match < own.Length)
            {
                child = Add(node, own, table.Pages[first / KvPool.PageRows]);
            }

            child.Used = ++clock;
            node = child;
        }
    }

    /// <summary>Gives back the page that was longest not used.</summary>
    /// <returns>Whether there was one.</returns>
    public bool FreeOldest()
    {
        if (Oldest(root) is not { } leaf)
        {
            return false;
        }

        Remove(leaf);
        return true;
    }

    Node Add(Node parent, ReadOnlySpan<ulong> keys, int page)
    {
        // A shorter beginning of the same page says nothing more than the longer one.
        foreach (Node sibling in parent.Children.ToArray())
        {
            if (sibling.Children.Count == 0 && sibling.Count < keys.Length && keys.StartsWith(sibling.Keys.AsSpan(0, sibling.Count)))
            {
                Remove(sibling);
            }
        }

        pool.Share(page);
        Pages++;
        var node = new Node(parent, keys.ToArray(), keys.Length, page);
        parent.Children.Add(node);
        return node;
    }

    void Remove(Node leaf)
    {
        leaf.Parent!.Children.Remove(leaf);
        pool.Return(leaf.Page);
        Pages--;
    }

    void CopyPart(Node node, PageTable table, int rows)
    {
        makeRoom();
        table.Reserve(pool, rows);
        pool.Copy(node.Page, table.Pages[^1]);
        table.Length = rows;
    }

    static (Node? Child, int Match) BestChild(Node node, ReadOnlySpan<ulong> keys)
    {
        Node? best = null;
        int match = 0;
        foreach (Node child in node.Children)
        {
            int common = keys.CommonPrefixLength(child.Keys.AsSpan(0, child.Count));
            if (common > match)
            {
                (best, match) = (child, common);
            }
        }

        return (best, match);
    }

    static Node? Oldest(Node node)
    {
        Node? oldest = null;
        foreach (Node child in node.Children)
        {
            Node? candidate = child.Children.Count == 0 ? child : Oldest(child);
            if (candidate is not null && (oldest is null || candidate.Used < oldest.Used))
            {
                oldest = candidate;
            }
        }

        return oldest;
    }
}
