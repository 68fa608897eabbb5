using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>Packs columns as rows: each tile is <c>[k][its columns]</c> for all k, of which some are packed.</summary>
    /// <param name="kernels">Whose tiles.</param>
    /// <param name="x">[k, columns]</param>
    /// <param name="first">The first k; even.</param>
    /// <param name="count">How many; even unless they are the last.</param>
    /// <param name="packed">Room for all of them, as in <see cref="Pack"/>.</param>
    /// <param name="inPairs">As pairs of bfloat16 of neighbouring k; an odd last one has a zero beside it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackColumns(FloatKernels kernels, Tensor x, nint first, nint count, float* packed, bool inPairs)
    {
        int step = inPairs ? 2 : 1;
        nint depth = inPairs ? BrainPairs.Of(x.Rows) : x.Rows;
        for (nint column = 0; column < x.Columns;)
        {
            int m = kernels.RowsOf(x.Columns - column);
            float* to = packed + column * depth + first / step * m;

            // Sixteen columns at a time, of which the next k overwrite what is too much; the last ones leave no traces.
            int exact = step * ((Panel.Lanes + m - 1) / m);
            nint k = first, end = first + count;
            for (; k < end - exact; k += step, to += m)
            {
                float* from = x.FloatRow(k) + column;
                if (inPairs)
                {
                    BrainPairs.Sixteen(Vector512.Load(from), Vector512.Load(from + x.Stride)).Store((uint*)to);
                }
                else
                {
                    Vector512.Load(from).Store(to);
                }
            }

            for (; k < end; k += step, to += m)
            {
                float* from = x.FloatRow(k) + column;
                if (inPairs)
                {
                    BrainPairs.Rows(from, k + 1 < x.Rows ? from + x.Stride : null, m, (uint*)to);
                }
                else
                {
                    Unsafe.CopyBlockUnaligned(to, from, (uint)(m * sizeof(float)));
                }
            }

            column += m;
        }
    }
}
