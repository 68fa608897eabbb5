namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// How the rows of a product are cut: into chunks, each packed in register tiles from its first row on, and for packing
/// into items of some tiles.
/// </summary>
readonly struct RowChunks
{
    /// <summary>Rows of a packing item: whole register tiles.</summary>
    public const int ItemRows = 12;

    /// <summary>Rows that a chunk should keep when there are to be more of them: below, the weight is unpacked or read too often.</summary>
    const nint EnoughRows = 8 * ItemRows;

    readonly nint rows;

    /// <param name="rows">At least one.</param>
    /// <param name="most">Rows of a chunk at most: a multiple of <see cref="ItemRows"/>.</param>
    /// <param name="threads">Where there are several chunks, about a multiple of as many are made, if that leaves each enough rows.</param>
    public RowChunks(nint rows, nint most, int threads)
    {
        this.rows = rows;
        nint count = (rows + most - 1) / most;
        nint shared = (count + threads - 1) / threads * threads;
        if (count > 1 && rows / shared >= EnoughRows)
        {
            count = shared;
        }

        // As even as tiles allow.
        Rows = Math.Max(1, (rows + count * ItemRows / 2) / (count * ItemRows)) * ItemRows;
        if (rows - (count - 1) * Rows is var last && (last <= 0 || last > Math.Min(most, 2 * Rows)))
        {
            Rows = (rows + count * ItemRows - 1) / (count * ItemRows) * ItemRows;
        }

        Count = Math.Min(count, (rows + Rows - 1) / Rows);
    }

    /// <summary>Rows of all chunks but the last.</summary>
    public nint Rows { get; }

    /// <summary>How many chunks there are.</summary>
    public nint Count { get; }

    /// <summary>A chunk's rows.</summary>
    public nint RowsOf(nint chunk) => chunk == Count - 1 ? rows - chunk * Rows : Rows;

    /// <summary>Items of packing. The last one takes what is left of the last chunk, whose tiles may be other ones.</summary>
    public nint Items => (Count - 1) * Rows / ItemRows + Math.Max(1, RowsOf(Count - 1) / ItemRows);

    /// <summary>Rows of a packing item, which begins at row item · <see cref="ItemRows"/>.</summary>
    public nint RowsOfItem(nint item) => item == Items - 1 ? rows - item * ItemRows : ItemRows;
}
