using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Activations as <see cref="HalfPanels"/> stores bfloat16: <c>[groups][k / 2][16][2]</c>.</summary>
static unsafe class PairPanels
{
    /// <summary>Rows as outputs, their columns as k; outputs that are not there become zero.</summary>
    /// <param name="rows">[outputs, k]</param>
    /// <param name="firstGroup">The first group of 16 outputs.</param>
    /// <param name="endGroup">Behind the last.</param>
    /// <param name="panels">All groups.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackKeys(Tensor rows, nint firstGroup, nint endGroup, uint* panels)
    {
        // So many numbers of k at a time fill a cache line of each row.
        const int Line = 32;
        uint* pairs = stackalloc uint[Panel.Lanes * Line / 2];
        nint size = BrainPairs.Of(rows.Columns);
        for (nint group = firstGroup; group < endGroup; group++)
        {
            nint lanes = Math.Clamp(rows.Rows - group * Panel.Lanes, 0, Panel.Lanes);
            new Span<uint>(pairs, Panel.Lanes * Line / 2).Clear();
            for (nint k = 0; k < rows.Columns; k += Line)
            {
                nint count = Math.Min(Line, rows.Columns - k), steps = BrainPairs.Of(count);
                for (nint lane = 0; lane < lanes; lane++)
                {
                    BrainPairs.Neighbours(rows.FloatRow(group * Panel.Lanes + lane) + k, count, pairs + lane * (Line / 2));
                }

                RowTransposer.Lanes16((float*)pairs, Line / 2, steps, (float*)(panels + (group * size + k / 2) * Panel.Lanes));
            }
        }
    }

    /// <summary>Columns as outputs, rows as k; outputs that are not there become zero, and so does the second of an odd last row.</summary>
    /// <param name="rows">[k, outputs]</param>
    /// <param name="first">The first row; even.</param>
    /// <param name="count">How many; even unless they are the last.</param>
    /// <param name="groups">Groups of 16 outputs.</param>
    /// <param name="panels">All groups.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackValues(Tensor rows, nint first, nint count, nint groups, uint* panels)
    {
        nint size = BrainPairs.Of(rows.Rows);
        for (nint group = 0; group < groups; group++)
        {
            nint lanes = Math.Clamp(rows.Columns - group * Panel.Lanes, 0, Panel.Lanes);
            for (nint row = first; row < first + count; row += 2)
            {
                uint* to = panels + (group * size + row / 2) * Panel.Lanes;
                float* lower = rows.FloatRow(row) + group * Panel.Lanes;
                BrainPairs.Rows(lower, row + 1 < rows.Rows ? rows.FloatRow(row + 1) + group * Panel.Lanes : null, lanes, to);
                new Span<uint>(to + lanes, (int)(Panel.Lanes - lanes)).Clear();
            }
        }
    }
}
