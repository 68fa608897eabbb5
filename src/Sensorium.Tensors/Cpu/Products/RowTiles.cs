namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Rows in the register tiles of some kernels: each tile <c>[k][its rows]</c>, one behind the other.</summary>
static unsafe class RowTiles
{
    /// <summary>Packs rows.</summary>
    /// <param name="kernels">Whose tiles.</param>
    /// <param name="x">The rows.</param>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="rows">How many.</param>
    /// <param name="packed">Room for <c>rows · columns</c> numbers, or <c>rows · ⌈columns / 2⌉</c> pairs.</param>
    /// <param name="inPairs">As pairs of bfloat16, rounded to the nearest even; an odd last number has a zero beside it.</param>
    public static void Pack(FloatKernels kernels, Tensor x, nint firstRow, nint rows, float* packed, bool inPairs = false)
    {
        float** from = stackalloc float*[kernels.MaxRows];
        for (nint row = 0; row < rows;)
        {
            int m = kernels.RowsOf(rows - row);
            for (int i = 0; i < m; i++)
            {
                from[i] = x.FloatRow(firstRow + row + i);
            }

            if (inPairs)
            {
                RowTransposer.PackPairs(from, m, x.Columns, (uint*)packed + row * BrainPairs.Of(x.Columns));
            }
            else
            {
                RowTransposer.Pack(from, m, x.Columns, packed + row * x.Columns);
            }

            row += m;
        }
    }
}
