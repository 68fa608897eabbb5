namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// A product with a weight, or with all weights of a stack, in one parallel loop: an item is a chunk of rows by some
/// tiles of outputs of one part.
/// </summary>
unsafe struct LinearJob : IJob
{
    public Weight Weight;

    /// <summary>float32 tiles of the rows, chunk after chunk; null where every part takes integers.</summary>
    public float* Packed;

    /// <summary>bfloat16 pairs in tiles of the rows; null where no part takes them.</summary>
    public uint* Pairs;

    /// <summary>Integer rows; without data where no part takes them.</summary>
    public QuantizedRows Quantized;

    public Tensor Y;

    public OutputStage Stage;

    public FloatKernels Kernels;

    public nint Inputs;

    public RowChunks Chunks;

    /// <summary>Whether a chunk's items lie together, so that a worker keeps to its rows; else those of some outputs do.</summary>
    public bool ByRows;

    /// <summary>Tiles of an item.</summary>
    public nint ItemTiles;

    /// <summary><see cref="WorkerScratch"/> bytes a worker.</summary>
    public byte* Scratch;

    /// <summary>Scratch memory of a worker.</summary>
    public static int WorkerScratch => (Math.Max(FloatProduct.ScratchBytes, IntegerProduct.ScratchBytes) + 63) & -64;

    /// <summary>Items of one part and one chunk.</summary>
    readonly nint ItemsOf(nint outputs) => ((outputs + Panel.Tile - 1) / Panel.Tile + ItemTiles - 1) / ItemTiles;

    /// <summary>Items in all.</summary>
    public readonly nint Items() => ItemsOfChunk() * Chunks.Count;

    readonly nint ItemsOfChunk()
    {
        nint items = Weight.Parts.Count == 0 ? ItemsOf(Weight.Outputs) : 0;
        for (int i = 0; i < Weight.Parts.Count; i++)
        {
            items += ItemsOf(Weight.Parts[i].Outputs);
        }

        return items;
    }

    /// <summary>An item's chunk of rows, and which of the chunk's items it is.</summary>
    readonly (nint Chunk, nint Index) At(nint item)
    {
        if (!ByRows)
        {
            return (item % Chunks.Count, item / Chunks.Count);
        }

        nint ofChunk = ItemsOfChunk();
        return (item / ofChunk, item % ofChunk);
    }

    public readonly void Run(nint item, int worker)
    {
        nint column = 0;
        (nint chunk, nint rest) = At(item);
        nint after = At(item + 1).Index - rest;
        Weight part = Weight;
        if (Weight.Parts.Count > 0)
        {
            int index = 0;
            for (; rest >= ItemsOf(Weight.Parts[index].Outputs); index++)
            {
                rest -= ItemsOf(Weight.Parts[index].Outputs);
                column += Weight.Parts[index].Outputs;
            }

            part = Weight.Parts[index];
        }

        var panels = (Panels)part.Need();
        nint firstRow = chunk * Chunks.Rows, rows = Chunks.RowsOf(chunk);
        nint firstTile = rest * ItemTiles, tiles = (part.Outputs + Panel.Tile - 1) / Panel.Tile, endTile = Math.Min(firstTile + ItemTiles, tiles);
        byte* scratch = Scratch + (nint)worker * WorkerScratch;

        // A worker goes on with the item that comes next, if that is of the same part.
        nint nextTile = (rest + after) * ItemTiles;
        nextTile = nextTile > 0 && nextTile < tiles ? nextTile : 0;
        if (Quantized.Data != null && panels is QuantPanels quant)
        {
            var product = new IntegerProduct
            {
                Panels = quant,
                Rows = Quantized,
                Y = Y.Floats + column,
                Stride = Y.Stride,
                FirstColumn = column,
                Stage = Stage,
                Kernels = IntegerKernels.Of(Stage.Tier, quant.Layout),
                NextGroup = 2 * nextTile,
            };
            product.Multiply(firstRow, rows, firstTile * 2, Math.Min(endTile * 2, quant.Groups), scratch);
            return;
        }

        var floats = new FloatProduct
        {
            Panels = panels,
            Inputs = Inputs,
            Outputs = part.Outputs,
            Y = Y.Floats + column,
            Stride = Y.Stride,
            FirstColumn = column,
            Stage = Stage,
            Kernels = Kernels,
            NextTile = nextTile,
            InPairs = Pairs != null && panels is HalfPanels { Pairs: not null },
        };
        float* packed = floats.InPairs ? (float*)(Pairs + firstRow * BrainPairs.Of(Inputs)) : Packed + firstRow * Inputs;
        floats.Multiply(packed, firstRow, rows, firstTile, endTile, scratch);
    }
}

/// <summary>Packs, or quantises, rows of activations; an item is a few rows, the last one with what is left behind it.</summary>
unsafe struct PackRowsJob : IJob
{
    public Tensor X;

    public FloatKernels Kernels;

    /// <summary>float32 tiles, or null.</summary>
    public float* Packed;

    /// <summary>bfloat16 pairs in tiles, or null.</summary>
    public uint* Pairs;

    public QuantizedRows Quantized;

    public RowChunks Chunks;

    public readonly void Run(nint item, int worker)
    {
        nint first = item * RowChunks.ItemRows, rows = Chunks.RowsOfItem(item);
        if (Packed != null)
        {
            RowTiles.Pack(Kernels, X, first, rows, Packed + first * X.Columns);
        }

        if (Pairs != null)
        {
            RowTiles.Pack(Kernels, X, first, rows, (float*)(Pairs + first * BrainPairs.Of(X.Columns)), inPairs: true);
        }

        if (Quantized.Data != null)
        {
            for (nint row = first; row < first + rows; row++)
            {
                Quantized.Put(row, X.FloatRow(row));
            }
        }
    }
}
