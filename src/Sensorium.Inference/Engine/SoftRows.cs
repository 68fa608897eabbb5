using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>Puts pictures' soft tokens among the embedded rows of a pass.</summary>
/// <param name="width">Channels of a row.</param>
sealed class SoftRows(int width)
{
    int[] rows = [];

    /// <summary>Places the soft tokens among some of a request's rows.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">The pass's rows, [rows, width].</param>
    /// <param name="spans">The request's pictures, encoded.</param>
    /// <param name="start">The first of the request's rows that are in the pass.</param>
    /// <param name="end">The end of them.</param>
    /// <param name="firstRow">Where the first stands in the pass.</param>
    public Tensor Place(Compute c, Tensor x, List<SoftSpan> spans, int start, int end, int firstRow)
    {
        foreach (SoftSpan span in spans)
        {
            int from = Math.Max(span.First, start);
            int to = Math.Min(span.End, end);
            if (from >= to)
            {
                continue;
            }

            if (rows.Length < to - from)
            {
                rows = new int[to - from];
            }

            for (int i = 0; i < to - from; i++)
            {
                rows[i] = firstRow + from - start + i;
            }

            Tensor values = c.FromHost(span.Rows.AsSpan((from - span.First) * width, (to - from) * width), to - from, width);
            x = c.Scatter(x, values, rows.AsSpan(0, to - from));
        }

        return x;
    }
}
