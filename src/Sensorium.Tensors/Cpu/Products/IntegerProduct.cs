using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>y = a Wᵀ with int8 rows and a quantised weight; the pendant of <see cref="FloatProduct"/>.</summary>
unsafe struct IntegerProduct
{
    /// <summary>Bytes that <see cref="Multiply"/> needs for itself.</summary>
    public const int ScratchBytes = 2 * StretchBlocks * BlockBytes + FloatProduct.ChunkRows * 2 * Panel.Lanes * sizeof(float);

    /// <summary>A block of a group, unpacked: quads, two scales and two minima an output.</summary>
    const int BlockBytes = 512 + 4 * Panel.Lanes * sizeof(float);

    /// <summary>Blocks that many rows meet before the next ones, four slices: long enough for a call to be worth its while, and little enough to stay near.</summary>
    const int StretchBlocks = 4 * QuantPanels.SliceBlocks;

    /// <summary>Tiles of rows that take all of a weight's inputs in one call each; there is a call's time only to fetch what comes next.</summary>
    const int FewTiles = 3;

    public QuantPanels Panels;

    public QuantizedRows Rows;

    /// <summary>Where the result's column of the first output is.</summary>
    public float* Y;

    /// <summary>Floats from row to row of the result.</summary>
    public nint Stride;

    /// <summary>The first output's column, for the stage.</summary>
    public nint FirstColumn;

    /// <summary>The group that whoever multiplies these is likely to go on with, which is fetched meanwhile; 0: it is not known.</summary>
    public nint NextGroup;

    public OutputStage Stage;

    /// <summary>The managed kernels, where the panels have no generated ones.</summary>
    public IntegerKernels Kernels;

    /// <summary>Some rows by some groups of 16 outputs.</summary>
    /// <param name="firstRow">The first row; the first of a tile.</param>
    /// <param name="rows">At most <see cref="FloatProduct.ChunkRows"/>.</param>
    /// <param name="firstGroup">The first group.</param>
    /// <param name="endGroup">The group after the last.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/>, aligned to 64.</param>
    public readonly void Multiply(nint firstRow, nint rows, nint firstGroup, nint endGroup, byte* scratch)
    {
        IntegerCode? code = Panels.Code is { IsLive: true } live ? live : null;
        int step = code?.Groups ?? 1;
        if (code != null && rows <= QuantizedRows.TileRows)
        {
            nint whole = Math.Min(endGroup, Panels.Outputs / Panel.Lanes);
            firstGroup = Runs(code, firstRow, rows, firstGroup, (whole - firstGroup) / step);
        }

        for (nint group = firstGroup; group < endGroup; group += step)
        {
            Groups(code, firstRow, rows, group, (int)Math.Min(step, endGroup - group), group + step < endGroup ? group + step : NextGroup, scratch);
        }
    }

    /// <summary>A tile of rows by groups that are all there, many a call.</summary>
    /// <returns>The group after the last.</returns>
    readonly nint Runs(IntegerCode code, nint firstRow, nint rows, nint group, nint runs)
    {
        nint blocks = Rows.Blocks, most = Math.Max(1, IntegerCode.MostBlocks / Math.Max(1, blocks));
        while (runs > 0)
        {
            nint count = Math.Min(most, runs), column = group * Panel.Lanes;
            float* c = Y + firstRow * Stride + column;
            for (nint block = 0; block < blocks; block += IntegerCode.MostBlocks)
            {
                Packed(code, firstRow, rows, code.Groups, At(group, block, IntegerCode.MostBlocks), c, Stride, count);
            }

            Stage.Apply(c, Stride, firstRow, rows, FirstColumn + column, count * code.Groups * Panel.Lanes);

            group += count * code.Groups;
            runs -= count;
        }

        return group;
    }

    /// <summary>Rows by one or two groups; after them likely by those at <paramref name="nextGroup"/>, unless that is 0.</summary>
    readonly void Groups(IntegerCode? code, nint firstRow, nint rows, nint group, int groups, nint nextGroup, byte* scratch)
    {
        float* partial = (float*)(scratch + 2 * StretchBlocks * BlockBytes);
        nint column = group * Panel.Lanes, columns = Math.Min(groups * Panel.Lanes, Panels.Outputs - column);
        bool whole = columns == (code?.Groups ?? 1) * Panel.Lanes;
        float* c = whole ? Y + firstRow * Stride + column : partial;
        nint ldc = whole ? Stride : 2 * Panel.Lanes;
        nint blocks = Rows.Blocks;
        if (code is null)
        {
            Managed(firstRow, rows, group, c, ldc, scratch);
            Stage.Apply(c, ldc, firstRow, rows, FirstColumn + column, columns);
        }
        else if (rows <= FewTiles * QuantizedRows.TileRows)
        {
            for (nint block = 0; block < blocks; block += IntegerCode.MostBlocks)
            {
                Packed(code, firstRow, rows, groups, At(group, block, IntegerCode.MostBlocks), c, ldc);
            }

            Stage.Apply(c, ldc, firstRow, rows, FirstColumn + column, columns);
        }
        else
        {
            for (nint block = 0; block < blocks; block += StretchBlocks)
            {
                Stretch stretch = At(group, block), next = stretch.End < blocks ? At(group, stretch.End) : nextGroup > 0 ? At(nextGroup, 0) : default;
                Tiles(code, firstRow, rows, groups, columns, stretch, next, c, ldc, scratch);
            }
        }

        if (!whole)
        {
            for (nint row = 0; row < rows; row++)
            {
                Unsafe.CopyBlockUnaligned(Y + (firstRow + row) * Stride + column, c + row * ldc, (uint)(columns * sizeof(float)));
            }
        }
    }

    /// <summary>Generated kernels on some blocks as they are stored.</summary>
    readonly void Packed(IntegerCode code, nint firstRow, nint rows, int groups, Stretch stretch, float* c, nint ldc, nint runs = 1)
    {
        IntegerArguments arguments = Arguments(stretch, groups, ldc);
        arguments.Next = Panels.At(stretch.Group + groups, 0).Scales;
        arguments.Runs = runs;
        arguments.RunBytes = groups * Panels.GroupBytes;
        for (nint row = 0; row < rows; row += QuantizedRows.TileRows)
        {
            IntegerArguments tile = arguments;
            At(ref tile, firstRow + row, stretch.Block, c + row * ldc);
            code.Packed(Rows.RowsOfTile(firstRow + row), &tile);
        }
    }

    /// <summary>Some blocks of a group and of the one beside it.</summary>
    readonly record struct Stretch(nint Group, nint Block, nint Count)
    {
        public nint End => Block + Count;
    }

    readonly Stretch At(nint group, nint block, nint most = StretchBlocks) => new(group, block, Math.Min(most, Rows.Blocks - block));

    /// <summary>Generated kernels on a stretch, tile of rows by tile; what comes next is fetched meanwhile.</summary>
    readonly void Tiles(IntegerCode code, nint firstRow, nint rows, int groups, nint columns, Stretch stretch, Stretch next, float* c, nint ldc, byte* scratch)
    {
        nint tiles = (rows + QuantizedRows.TileRows - 1) / QuantizedRows.TileRows, column = FirstColumn + stretch.Group * Panel.Lanes;
        bool unpacks = !code.Unpacks(Panels.Layout), last = stretch.End == Rows.Blocks;
        IntegerArguments arguments = Arguments(stretch, groups, ldc, unpacks ? scratch : null);
        for (nint tile = 0; tile < tiles; tile++)
        {
            nint row = tile * QuantizedRows.TileRows, m = Math.Min(QuantizedRows.TileRows, rows - row);
            float* target = c + row * ldc;
            FetchPart(next, tile, tiles);
            Prefetch.Tile(target + m * ldc, ldc, Math.Min(QuantizedRows.TileRows, rows - row - m));
            if (last)
            {
                Stage.Fetch(firstRow + row, m, column);
            }

            IntegerArguments own = arguments;
            At(ref own, firstRow + row, stretch.Block, target);
            if (unpacks)
            {
                code.Unpacked((int)m, &own);
            }
            else
            {
                // It fetches, too: what is behind the rows, which are the next ones.
                own.Next = own.Rows;
                code.Packed((int)m, &own);
            }

            if (last)
            {
                Stage.Apply(target, ldc, firstRow + row, m, column, columns);
            }
        }
    }

    /// <summary>What kernels are told of a stretch: as it is stored, or as it was unpacked to <paramref name="unpacked"/>.</summary>
    readonly IntegerArguments Arguments(Stretch stretch, int groups, nint ldc, byte* unpacked = null)
    {
        IntegerArguments arguments = unpacked == null ? Stored(stretch, groups) : Unpack(stretch, groups, unpacked);
        arguments.Stride = ldc * sizeof(float);
        arguments.Add = stretch.Block;
        arguments.SetBlocks(Panels.Layout, stretch.Count);
        return arguments;
    }

    /// <summary>Where a stretch lies as it is stored.</summary>
    readonly IntegerArguments Stored(Stretch stretch, int groups)
    {
        // A group that is not there is read as the first.
        QuantBlock first = Panels.At(stretch.Group, stretch.Block), other = Panels.At(stretch.Group + groups - 1, stretch.Block);
        return new IntegerArguments
        {
            Integers0 = first.Integers,
            Integers1 = other.Integers,
            Scales0 = first.Scales,
            Scales1 = other.Scales,
            Super0 = first.Super,
            Super1 = other.Super,
            Runs = 1,
        };
    }

    /// <summary>Unpacks a stretch.</summary>
    readonly IntegerArguments Unpack(Stretch stretch, int groups, byte* scratch)
    {
        (nint group, nint block, nint count) = stretch;

        // A group that is not there is read as the first.
        byte* second = scratch + (groups - 1) * StretchBlocks * BlockBytes;
        return new IntegerArguments
        {
            Integers0 = Unpack(group, block, count, scratch),
            Integers1 = groups > 1 ? Unpack(group + 1, block, count, second) : Panels.Quads(group, block, 0, scratch),
            Scales0 = scratch + StretchBlocks * 512,
            Scales1 = second + StretchBlocks * 512,
            Super0 = scratch + StretchBlocks * (512 + 2 * Panel.Lanes * sizeof(float)),
            Super1 = second + StretchBlocks * (512 + 2 * Panel.Lanes * sizeof(float)),
        };
    }

    /// <summary>Has the part of a stretch fetched that falls to a tile of rows: all of them together fetch it whole.</summary>
    readonly void FetchPart(Stretch stretch, nint tile, nint tiles)
    {
        const nint Slice = QuantPanels.SliceBlocks;
        nint bytes = (stretch.Count + Slice - 1) / Slice * Panels.Layout.SliceBytes, part = NativeBlock.Aligned(bytes / tiles + 1), at = tile * part;
        nint end = Math.Min(stretch.Group + Panels.Code!.Groups, Panels.Groups);
        for (nint group = stretch.Group; group < end && at < bytes; group++)
        {
            Prefetch.Far(Panels.At(group, stretch.Block).Scales + at, Math.Min(part, bytes - at));
        }
    }

    /// <summary>Unpacks some slices of a group: quads, which may stay where they are, then scales, then minima.</summary>
    readonly byte* Unpack(nint group, nint block, nint count, byte* to)
    {
        float* scales = (float*)(to + StretchBlocks * 512), minima = scales + StretchBlocks * 2 * Panel.Lanes;
        for (nint at = 0; at < count; at += QuantPanels.SliceBlocks)
        {
            nint blocks = Math.Min(QuantPanels.SliceBlocks, count - at), floats = at * Panels.Layout.Parts * Panel.Lanes;
            Panels.Scales(group, block + at, blocks, scales + floats, minima + floats);
            Panels.Quads(group, block + at, blocks, to + at * 512);
        }

        return Panels.Quads(group, block, 0, to);
    }

    readonly void At(ref IntegerArguments arguments, nint row, nint block, float* c)
    {
        arguments.Rows = Rows.Tile(row) + block * Rows.Step(row);
        arguments.C0 = c;
        arguments.C1 = c + Panel.Lanes;
    }

    readonly void Managed(nint firstRow, nint rows, nint group, float* c, nint ldc, byte* scratch)
    {
        QuantLayout layout = Panels.Layout;
        nint blocks = Rows.Blocks;
        float* scales = (float*)(scratch + QuantPanels.SliceBlocks * 512), minima = scales + QuantPanels.SliceBlocks * 2 * Panel.Lanes;
        for (nint block = 0; block < blocks; block += QuantPanels.SliceBlocks)
        {
            nint count = Math.Min(QuantPanels.SliceBlocks, blocks - block);
            Panels.Scales(group, block, count, scales, minima);
            if (rows == 1)
            {
                Kernels.MultiplyRow(count, Rows.Integers(firstRow, block), Rows.Scale(firstRow, block), Rows.Step(firstRow), Panels.At(group, block).Integers, scales, minima, layout.Offset, c, block > 0);
                continue;
            }

            byte* quads = Panels.Quads(group, block, count, scratch);
            for (nint row = 0; row < rows;)
            {
                nint at = firstRow + row;
                int m = IntegerKernels.RowsOf(Math.Min(rows - row, QuantizedRows.TileRows - at % QuantizedRows.TileRows));
                Kernels.Multiply(m, count, Rows.Integers(at, block), Rows.Scale(at, block), Rows.Step(at), quads, scales, minima, layout.Offset, c + row * ldc, ldc, block > 0);
                row += m;
            }
        }
    }
}
