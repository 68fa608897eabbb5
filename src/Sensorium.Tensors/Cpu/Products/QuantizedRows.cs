namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// Rows quantised once for all weights that they meet, in tiles of some rows: <c>[tiles][blocks][rows of the tile]</c>
/// with 32 bytes each, then <c>[rows of the tile]</c> scales; so a tile is read from end to end.
/// </summary>
unsafe struct QuantizedRows
{
    /// <summary>Rows of a tile; the last one has what is left.</summary>
    public const int TileRows = Generated.IntegerKernel.MostRows;

    /// <summary>Bytes of a <see cref="RowScale"/>.</summary>
    public const int ScaleBytes = 32;

    /// <summary>Bytes of a row's block: integers and scale.</summary>
    public const int RowBlockBytes = Panel.Block + ScaleBytes;

    /// <summary>Everything.</summary>
    public byte* Data;

    /// <summary>Rows in all.</summary>
    public nint Count;

    /// <summary>Inputs of a row, a multiple of 32.</summary>
    public nint Inputs;

    public readonly nint Blocks => Inputs / Panel.Block;

    /// <summary>Bytes of so many rows.</summary>
    public static nint Bytes(nint rows, nint inputs) => rows * (inputs / Panel.Block) * RowBlockBytes;

    /// <summary>Rows of the tile that a row is in.</summary>
    public readonly int RowsOfTile(nint row) => (int)Math.Min(TileRows, Count - row / TileRows * TileRows);

    /// <summary>Bytes from block to block of the tile that a row is in.</summary>
    public readonly nint Step(nint row) => RowsOfTile(row) * RowBlockBytes;

    /// <summary>The first block of the tile that a row is in.</summary>
    public readonly byte* Tile(nint row) => Data + Bytes(row / TileRows * TileRows, Inputs);

    /// <summary>A row's integers of a block.</summary>
    public readonly sbyte* Integers(nint row, nint block) => (sbyte*)Tile(row) + block * Step(row) + row % TileRows * Panel.Block;

    /// <summary>A row's scale of a block.</summary>
    public readonly RowScale* Scale(nint row, nint block) => (RowScale*)(Tile(row) + block * Step(row) + RowsOfTile(row) * Panel.Block + row % TileRows * ScaleBytes);

    /// <summary>Quantises a row to its place.</summary>
    /// <param name="row">Which.</param>
    /// <param name="x">[Inputs]</param>
    public readonly void Put(nint row, float* x) => RowQuantizer.Quantize(x, Inputs, Integers(row, 0), Scale(row, 0), Step(row));
}
