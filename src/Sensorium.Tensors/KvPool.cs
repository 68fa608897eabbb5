namespace Sensorium.Tensors;

/// <summary>What a model keeps of every token: in each layer, a key and a value for each key/value head.</summary>
/// <param name="Layers">Layers that keep keys and values.</param>
/// <param name="Heads">Key/value heads a layer.</param>
/// <param name="KeySize">Numbers in a key.</param>
/// <param name="ValueSize">Numbers in a value.</param>
public readonly record struct KvLayout(int Layers, int Heads, int KeySize, int ValueSize)
{
    /// <summary>Numbers kept of a token, all layers together.</summary>
    public long ElementsPerToken => (long)Layers * Heads * (KeySize + ValueSize);
}

/// <summary>
/// Storage for keys and values in pages of <see cref="PageRows"/> tokens, shared by all sequences of a model. Pages are
/// counted, so that sequences with the same beginning share them; only a page that nobody else holds is written to.
/// Renting and returning is for the one thread that runs the engine loop.
/// </summary>
/// <remarks>
/// Within a page, keys of a head lie transposed, <c>[KeySize, PageRows]</c>, and values as <c>[PageRows, ValueSize]</c>:
/// both are then the right-hand operand of a product without further packing. A page of a layer is
/// <c>[Heads][keys, values]</c>.
/// </remarks>
public abstract class KvPool : IDisposable
{
    /// <summary>Tokens in a page.</summary>
    public const int PageRows = 64;

    readonly Stack<int> free = new();
    readonly Stack<int> bare = new();
    readonly List<int> holders = [];

    /// <param name="layout">What is kept of a token.</param>
    /// <param name="type">F32 or F16 (F64 on the scalar device).</param>
    /// <param name="capacity">The largest number of pages.</param>
    protected KvPool(KvLayout layout, DType type, int capacity)
    {
        Layout = layout;
        Type = type;
        Capacity = capacity;
    }

    /// <summary>What is kept of a token.</summary>
    public KvLayout Layout { get; }

    /// <summary>The type of the kept numbers.</summary>
    public DType Type { get; }

    /// <summary>The largest number of pages.</summary>
    public int Capacity { get; }

    /// <summary>Pages that can still be rented.</summary>
    public int Available => Capacity - holders.Count + free.Count + bare.Count;

    /// <summary>Pages among them that have their memory already.</summary>
    public int Free => free.Count;

    /// <summary>Memory of one page, all layers together.</summary>
    public long PageBytes => Layout.ElementsPerToken * PageRows * Type.BlockBytes();

    /// <summary>Memory held now.</summary>
    public long AllocatedBytes => (holders.Count - bare.Count) * PageBytes;

    /// <summary>A page that nobody holds.</summary>
    /// <exception cref="InvalidOperationException">None is left; admission must have reserved before.</exception>
    public int Rent()
    {
        if (free.TryPop(out int page))
        {
            holders[page] = 1;
            return page;
        }

        if (bare.TryPeek(out page))
        {
            Grow(page);
            bare.Pop();
            holders[page] = 1;
            return page;
        }

        if (holders.Count == Capacity)
        {
            throw new InvalidOperationException($"all {Capacity} key/value pages are in use");
        }

        page = holders.Count;
        Grow(page);
        holders.Add(1);
        return page;
    }

    /// <summary>Frees the memory of a page that nobody holds, so that another pool may have it.</summary>
    /// <returns>Whether there was such a page.</returns>
    public bool Shrink()
    {
        if (!free.TryPop(out int page))
        {
            return false;
        }

        Drop(page);
        bare.Push(page);
        return true;
    }

    /// <summary>One more holder of a page.</summary>
    public void Share(int page) => holders[page]++;

    /// <summary>One holder less; the last one frees the page.</summary>
    public void Return(int page)
    {
        if (--holders[page] == 0)
        {
            free.Push(page);
        }
    }

    /// <summary>How many hold the page.</summary>
    public int Holders(int page) => holders[page];

    /// <summary>Copies all that a page holds to another page.</summary>
    public abstract void Copy(int from, int to);

    /// <summary>Frees all pages' memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the memory of a page that has none: of the next one, or of one that was dropped.</summary>
    protected abstract void Grow(int page);

    /// <summary>Frees the memory of one page.</summary>
    protected abstract void Drop(int page);

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>The pages of one sequence, in order, and how many tokens they hold.</summary>
public sealed class PageTable
{
    readonly List<int> pages = [];

    /// <summary>The pages in order.</summary>
    public IReadOnlyList<int> Pages => pages;

    /// <summary>Tokens kept so far; the next one goes to row <c>Length % PageRows</c> of page <c>Length / PageRows</c>.</summary>
    public int Length { get; set; }

    /// <summary>Rents pages until <paramref name="tokens"/> fit.</summary>
    public void Reserve(KvPool pool, int tokens)
    {
        while (pages.Count * KvPool.PageRows < tokens)
        {
            pages.Add(pool.Rent());
        }
    }

    /// <summary>Takes over a page that somebody else filled; the sequence becomes one of its holders.</summary>
    public void Adopt(KvPool pool, int page)
    {
        pool.Share(page);
        pages.Add(page);
        Length = pages.Count * KvPool.PageRows;
    }

    /// <summary>Gives all pages back.</summary>
    public void Release(KvPool pool)
    {
        foreach (int page in pages)
        {
            pool.Return(page);
        }

        pages.Clear();
        Length = 0;
    }

    internal int this[int index] => pages[index];
}
