namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize)
    {
        Tensor y = New(x.Rows, x.Columns);
        foreach (Segment segment in plan.Segments)
        {
            RopeTable table = rope.For(segment.RopeLength);
            int pairs = table.Pairs;
            for (int row = segment.FirstRow; row < segment.FirstRow + segment.Rows; row++)
            {
                int last = 0;
                for (int axis = 0; axis < plan.Axes; axis++)
                {
                    last = Math.Max(last, plan.Positions(axis)[row]);
                }

                ReadOnlySpan<float> angles = table.Angles(last);
                float* p = x.FloatRow(row), o = y.FloatRow(row);
                new ReadOnlySpan<float>(p, (int)x.Columns).CopyTo(new Span<float>(o, (int)x.Columns));
                for (nint head = 0; head < x.Columns; head += headSize)
                {
                    int axis = 0, left = table.Sections.Count == 0 ? pairs : table.Sections[0];
                    for (int pair = 0; pair < pairs; pair++)
                    {
                        while (left == 0)
                        {
                            left = table.Sections[++axis];
                        }

                        left--;
                        int position = plan.Positions(Math.Min(axis, plan.Axes - 1))[row];
                        float cos = angles[position * 2 * pairs + pair], sin = angles[position * 2 * pairs + pairs + pair];
                        nint a = head + (table.Interleaved ? 2 * pair : pair), b = table.Interleaved ? a + 1 : a + pairs;
                        o[a] = p[a] * cos - p[b] * sin;
                        o[b] = p[b] * cos + p[a] * sin;
                    }
                }
            }
        }

        return y;
    }
}
