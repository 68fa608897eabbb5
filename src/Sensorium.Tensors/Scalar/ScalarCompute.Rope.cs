namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize)
    {
        ShapeCheck.Rows(x, plan);
        ShapeCheck.Rope(x, plan, rope, headSize);
        Tensor y = Each(x, static v => v);
        foreach (Segment segment in plan.Segments)
        {
            RopeTable table = rope.For(segment.RopeLength);
            for (int row = segment.FirstRow; row < segment.FirstRow + segment.Rows; row++)
            {
                for (int pair = 0; pair < table.Pairs; pair++)
                {
                    int position = plan.Positions(AxisOf(table, pair))[row];
                    ReadOnlySpan<float> angles = table.Angles(position).Slice(position * 2 * table.Pairs, 2 * table.Pairs);
                    for (int head = 0; head < x.Columns; head += headSize)
                    {
                        Rotate(Row(y, row).Slice(head, headSize), table, pair, angles[pair], angles[table.Pairs + pair]);
                    }
                }
            }
        }

        return y;
    }

    static int AxisOf(RopeTable table, int pair)
    {
        int end = 0;
        for (int axis = 0; axis < table.Sections.Count; axis++)
        {
            end += table.Sections[axis];
            if (pair < end)
            {
                return axis;
            }
        }

        return 0;
    }

    static void Rotate(Span<double> head, RopeTable table, int pair, double cos, double sin)
    {
        int first = table.Interleaved ? 2 * pair : pair;
        int second = table.Interleaved ? 2 * pair + 1 : pair + table.Pairs;
        (head[first], head[second]) = (head[first] * cos - head[second] * sin, head[second] * cos + head[first] * sin);
    }
}
