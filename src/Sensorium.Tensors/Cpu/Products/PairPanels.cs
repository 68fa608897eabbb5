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
        float** from = stackalloc float*[Panel.Lanes];
        nint size = BrainPairs.Of(rows.Columns) * Panel.Lanes;
        for (nint group = firstGroup; group < endGroup; group++)
        {
            // A row that is not there is read as the last one, and cleared.
            nint first = group * Panel.Lanes, lanes = Math.Min(rows.Rows - first, Panel.Lanes);
            for (nint lane = 0; lane < Panel.Lanes; lane++)
            {
                from[lane] = rows.FloatRow(first + Math.Min(lane, lanes - 1));
            }

            uint* to = panels + group * size;
            RowTransposer.PackPairs(from, Panel.Lanes, rows.Columns, to);
            for (nint step = 0; lanes < Panel.Lanes && step < size; step += Panel.Lanes)
            {
                new Span<uint>(to + step + lanes, (int)(Panel.Lanes - lanes)).Clear();
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
