using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// y = a Wᵀ in float32 over blocks: slices of k, tiles of 32 outputs, register tiles of rows. How it is cut never shows
/// in the result, since a number's sum is carried from slice to slice in float32 and in the order of k.
/// </summary>
unsafe struct FloatProduct
{
    /// <summary>What the packed rows of a chunk may take, to stay in the second-level cache.</summary>
    const nint CachedRowBytes = 512 << 10;

    /// <summary>Products of a pass over the register tiles where there are several: few passes, for each loads and stores the result.</summary>
    const int Depth = 4 * Panel.Slice;

    /// <summary>Rows of a chunk at most: bounds the tile of a partial group, too. A multiple of all register tiles.</summary>
    public const int ChunkRows = 240;

    /// <summary>The weight, or null where <see cref="Direct"/> holds its numbers.</summary>
    public Panels? Panels;

    /// <summary>[groups][k][16]</summary>
    public float* Direct;

    /// <summary>How many inputs.</summary>
    public nint Inputs;

    /// <summary>How many outputs.</summary>
    public nint Outputs;

    /// <summary>Where the result's column of the first output is.</summary>
    public float* Y;

    /// <summary>Floats from row to row of the result.</summary>
    public nint Stride;

    /// <summary>The first output's column, for the stage.</summary>
    public nint FirstColumn;

    public OutputStage Stage;

    public FloatKernels Kernels;

    /// <summary>The tile that whoever multiplies these is likely to go on with, which is fetched meanwhile; 0: it is not known.</summary>
    public nint NextTile;

    /// <summary>Whether the rows are pairs of bfloat16, <c>[k / 2][rows of a tile]</c>, for <see cref="HalfPanels.Pairs"/>.</summary>
    public bool InPairs;

    /// <summary>Tiles of 32 outputs.</summary>
    public readonly nint Tiles => (Outputs + Panel.Tile - 1) / Panel.Tile;

    /// <summary>Bytes that <see cref="Multiply"/> needs for itself.</summary>
    public const int ScratchBytes = (Depth * Panel.Tile + ChunkRows * Panel.Tile) * sizeof(float);

    /// <summary>Some rows by some tiles of outputs.</summary>
    /// <param name="packed">The rows in register tiles: each <c>[k][its rows]</c> (or pairs of k), one behind the other.</param>
    /// <param name="firstRow">The first of them in the result.</param>
    /// <param name="rows">At most <see cref="ChunkRows"/>.</param>
    /// <param name="firstTile">The first tile.</param>
    /// <param name="endTile">The tile after the last.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/>, aligned to 64.</param>
    public readonly void Multiply(float* packed, nint firstRow, nint rows, nint firstTile, nint endTile, byte* scratch)
    {
        FloatCode? code = Code();
        if (code is null && rows == 1 && Panels is HalfPanels halves && Row(halves, packed, firstRow, firstTile, endTile, (float*)scratch))
        {
            return;
        }

        bool direct = Panels is null || Panels.AreFloats || code != null;
        bool oneTile = Kernels.RowsOf(rows) == rows;
        nint slice = !oneTile ? Depth : direct ? Math.Max(Inputs, 1) : Panel.Slice;

        // Either the rows of all of k stay in the cache and each weight is read from end to end, or a slice of them does.
        bool inTurn = oneTile || rows * Steps(Inputs) * sizeof(float) <= CachedRowBytes;
        var piece = new Piece(firstTile, 0, Math.Min(slice, Inputs));
        while (piece.Tile < endTile)
        {
            nint tile = piece.Tile, k = piece.K + slice;
            if (inTurn)
            {
                (tile, k) = k < Inputs ? (tile, k) : (tile + 1, 0);
            }
            else
            {
                (tile, k) = tile + 1 < endTile ? (tile + 1, piece.K) : k < Inputs ? (firstTile, k) : (endTile, 0);
            }

            var next = new Piece(tile, k, Math.Min(slice, Inputs - k));
            Piece fetched = tile < endTile ? next : NextTile > 0 ? next with { Tile = NextTile } : default;
            MultiplyPiece(code, packed, firstRow, rows, piece, direct ? fetched : default, scratch, inTurn);
            piece = next;
        }
    }

    /// <summary>Bytes of so many numbers of k of a group, as the kernels read them.</summary>
    readonly nint GroupBytes(nint numbers) => numbers * Panel.Lanes * (Panels is HalfPanels ? sizeof(ushort) : sizeof(float));

    /// <summary>A slice of k of a tile of outputs.</summary>
    readonly record struct Piece(nint Tile, nint K, nint Count);

    /// <summary>Steps of the kernel for so many numbers of k.</summary>
    readonly nint Steps(nint numbers) => InPairs ? BrainPairs.Of(numbers) : numbers;

    readonly bool Row(HalfPanels halves, float* x, nint firstRow, nint firstTile, nint endTile, float* c)
    {
        nint end = Math.Min(2 * endTile, halves.Groups);
        for (nint group = 2 * firstTile; group < end; group += 4)
        {
            int groups = (int)Math.Min(4, end - group);
            if (!FloatKernels.MultiplyRow(Stage.Tier, halves.Type, Inputs, x, halves.Packed(group), halves.GroupBytes, groups, c))
            {
                return false;
            }

            nint column = group * Panel.Lanes, columns = Math.Min(groups * Panel.Lanes, Outputs - column);
            Stage.Apply(c, columns, firstRow, 1, FirstColumn + column, columns);
            Copy(c, columns, Y + firstRow * Stride + column, Stride, 1, columns);
        }

        return true;
    }

    /// <summary>Rows by a piece; what comes behind it is fetched meanwhile. Carry: the tile's next slice of k comes at once.</summary>
    readonly void MultiplyPiece(FloatCode? code, float* packed, nint firstRow, nint rows, Piece piece, Piece next, byte* scratch, bool carry)
    {
        (nint tile, nint k, nint count) = (piece.Tile, piece.K, piece.Count);
        nint column = tile * Panel.Tile, columns = Math.Min(Panel.Tile, Outputs - column);
        float* unpacked = (float*)scratch, partial = unpacked + Depth * Panel.Tile;
        float* b0 = Group(code, 2 * tile, k, count, unpacked);
        float* b1 = columns > Panel.Lanes ? Group(code, 2 * tile + 1, k, count, unpacked + Depth * Panel.Lanes) : null;
        float* y = Y + firstRow * Stride + column, c = y;
        nint ldc = Stride;
        if (columns < Panel.Tile)
        {
            c = partial;
            ldc = Panel.Tile;
            if (!carry && k > 0)
            {
                Copy(y, Stride, c, ldc, rows, columns);
            }
        }

        // Each of the first calls fetches a part of the next piece.
        const int Parts = 4;
        nint partBytes = GroupBytes(count) / Parts;
        byte* next0 = next.Count == 0 ? null : (byte*)Group(code, 2 * next.Tile, next.K, next.Count, unpacked);
        byte* next1 = next.Count == 0 || 2 * next.Tile + 1 >= Panel.Groups(Outputs) ? next0 : (byte*)Group(code, 2 * next.Tile + 1, next.K, next.Count, unpacked);
        bool last = k + count == Inputs;
        int part = 0;
        for (nint row = 0; row < rows; part++)
        {
            int m = Kernels.RowsOf(rows - row);
            float* target = c + row * ldc;
            Prefetch.Tile(c + (row + m) * ldc, ldc, Math.Min(Kernels.MaxRows, rows - row - m));
            if (last)
            {
                Stage.Fetch(firstRow + row, m, FirstColumn + column);
            }

            bool fetches = next0 != null && part < Parts;
            byte* ahead0 = fetches ? next0 + part * partBytes : null, ahead1 = fetches ? next1 + part * partBytes : null;
            float* a = packed + row * Steps(Inputs) + Steps(k) * m;
            if (code is null)
            {
                Kernels.Multiply(m, count, a, b0, b1, target, ldc, k > 0, ahead0, ahead1);
            }
            else
            {
                // An odd last number has a zero beside it where rows are pairs, and nothing where the weight is widened.
                code.Multiply(m, InPairs ? BrainPairs.Of(count) : count / 2, !InPairs && count % 2 != 0, a, b0, b1, target, ldc, k > 0, ahead0, ahead1);
            }

            if (last)
            {
                Stage.Apply(target, ldc, firstRow + row, m, FirstColumn + column, columns);
            }

            row += m;
        }

        if (columns < Panel.Tile && (last || !carry))
        {
            Copy(c, ldc, y, Stride, rows, columns);
        }
    }

    /// <summary>The generated kernels that read the weight as it is stored; null: there are none.</summary>
    readonly FloatCode? Code()
    {
        if (Panels is not HalfPanels halves)
        {
            return null;
        }

        FloatCode? code = InPairs ? halves.Pairs : halves.Widened;
        return code is { IsLive: true } ? code : null;
    }

    readonly float* Group(FloatCode? code, nint group, nint k, nint count, float* unpacked)
    {
        if (code != null)
        {
            return (float*)(((HalfPanels)Panels!).Packed(group) + k / 2 * Panel.Lanes * sizeof(uint));
        }

        if (Panels is null)
        {
            return Direct + (group * Inputs + k) * Panel.Lanes;
        }

        if (Panels.AreFloats)
        {
            return Panels.Floats(group, k, count, unpacked);
        }

        for (nint i = 0; i < count; i += Panel.Slice)
        {
            Panels.Floats(group, k + i, Math.Min(Panel.Slice, count - i), unpacked + i * Panel.Lanes);
        }

        return unpacked;
    }

    static void Copy(float* from, nint fromStride, float* to, nint toStride, nint rows, nint columns)
    {
        for (nint row = 0; row < rows; row++)
        {
            Unsafe.CopyBlockUnaligned(to + row * toStride, from + row * fromStride, (uint)(columns * sizeof(float)));
        }
    }
}
