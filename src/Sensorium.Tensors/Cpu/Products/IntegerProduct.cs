using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Rows quantised once for all weights that they meet.</summary>
unsafe struct QuantizedRows
{
    /// <summary>[rows][inputs]</summary>
    public sbyte* Values;

    /// <summary>[rows][inputs / 32]</summary>
    public RowScale* Scales;

    public nint Inputs;
}

/// <summary>y = a Wᵀ with int8 rows and a quantised weight; the pendant of <see cref="FloatProduct"/>.</summary>
unsafe struct IntegerProduct
{
    /// <summary>Bytes that <see cref="Multiply"/> needs for itself.</summary>
    public const int ScratchBytes = QuantPanels.TileBytes + FloatProduct.ChunkRows * Panel.Lanes * sizeof(float);

    /// <summary>Rows of which a slice is multiplied before the next slice is unpacked: their quads stay in the second-level cache.</summary>
    const int BandRows = 120;

    public QuantPanels Panels;

    public QuantizedRows Rows;

    /// <summary>Where the result's column of the first output is.</summary>
    public float* Y;

    /// <summary>Floats from row to row of the result.</summary>
    public nint Stride;

    /// <summary>The first output's column, for the stage.</summary>
    public nint FirstColumn;

    public OutputStage Stage;

    public IntegerKernels Kernels;

    /// <summary>Some rows by some groups of 16 outputs.</summary>
    public readonly void Multiply(nint firstRow, nint rows, nint firstGroup, nint endGroup, byte* scratch)
    {
        for (nint row = firstRow; row < firstRow + rows; row += BandRows)
        {
            nint band = Math.Min(BandRows, firstRow + rows - row);
            for (nint group = firstGroup; group < endGroup; group++)
            {
                Group(row, band, group, scratch);
            }
        }
    }

    readonly void Group(nint firstRow, nint rows, nint group, byte* scratch)
    {
        QuantLayout layout = Panels.Layout;
        nint inputs = Rows.Inputs, blocks = inputs / Panel.Block;
        nint column = group * Panel.Lanes, columns = Math.Min(Panel.Lanes, Panels.Outputs - column);
        float* scales = (float*)(scratch + QuantPanels.SliceBlocks * 512), minima = scales + QuantPanels.SliceBlocks * 2 * Panel.Lanes;
        float* partial = (float*)(scratch + QuantPanels.TileBytes);
        bool whole = columns == Panel.Lanes;
        float* c = whole ? Y + firstRow * Stride + column : partial;
        nint ldc = whole ? Stride : Panel.Lanes;
        for (nint block = 0; block < blocks; block += QuantPanels.SliceBlocks)
        {
            nint count = Math.Min(QuantPanels.SliceBlocks, blocks - block);
            Panels.Scales(group, block, count, scales, minima);
            if (rows == 1)
            {
                Kernels.MultiplyRow(count, Rows.Values + firstRow * inputs + block * Panel.Block, Rows.Scales + firstRow * blocks + block, Panels.Packed(group, block), scales, minima, layout.Offset, c, block > 0);
                continue;
            }

            byte* quads = Panels.Quads(group, block, count, scratch);
            for (nint row = 0; row < rows;)
            {
                int m = IntegerKernels.RowsOf(rows - row);
                nint at = firstRow + row;
                Kernels.Multiply(m, count, Rows.Values + at * inputs + block * Panel.Block, inputs, Rows.Scales + at * blocks + block, blocks, quads, scales, minima, layout.Offset, c + row * ldc, ldc, block > 0);
                row += m;
            }
        }

        if (!Stage.IsNone)
        {
            Stage.Apply(c, ldc, firstRow, rows, FirstColumn + column, columns);
        }

        if (!whole)
        {
            for (nint row = 0; row < rows; row++)
            {
                Unsafe.CopyBlockUnaligned(Y + (firstRow + row) * Stride + column, c + row * ldc, (uint)(columns * sizeof(float)));
            }
        }
    }
}
