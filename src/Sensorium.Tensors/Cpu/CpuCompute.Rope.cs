namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Tensor Rope(Tensor x, Plan plan, RopeTable rope, int headSize)
    {
        ShapeCheck.Rows(x, plan);
        ShapeCheck.Rope(x, plan, rope, headSize);
        Tensor y = New(x.Rows, x.Columns);
        Scratch.Mark mark = Mark();
        float** angles = (float**)NewBytes(x.Rows * sizeof(float*));
        float* rows = (float*)NewBytes(x.Rows * 2 * rope.Pairs * sizeof(float));
        foreach (Segment segment in plan.Segments)
        {
            RopeTable table = rope.For(segment.RopeLength);
            for (int row = segment.FirstRow; row < segment.FirstRow + segment.Rows; row++)
            {
                angles[row] = rows + (nint)row * 2 * rope.Pairs;
                Angles(plan, table, row, angles[row]);
            }
        }

        EachRow(x.Rows, 3 * x.Columns, new RopeJob { X = x, Y = y, Angles = angles, Pairs = rope.Pairs, HeadSize = headSize, Interleaved = rope.Interleaved, Halves = Kernels.RotateHalves });
        Release(mark);
        return y;
    }

    /// <summary>The row's cosines and sines, each pair by the axis that it follows.</summary>
    static void Angles(Plan plan, RopeTable table, int row, float* destination)
    {
        int pairs = table.Pairs;
        int axes = Math.Max(table.Sections.Count, 1);
        int first = 0;
        for (int axis = 0; axis <= axes; axis++)
        {
            // Pairs beyond the last section follow the first axis, as all do where there are no sections.
            bool rest = axis >= table.Sections.Count;
            int count = rest ? pairs - first : Math.Min(table.Sections[axis], pairs - first);
            if (count <= 0)
            {
                continue;
            }

            int position = plan.Positions(rest ? 0 : axis)[row];
            ReadOnlySpan<float> line = table.Angles(position).Slice(position * 2 * pairs, 2 * pairs);
            line.Slice(first, count).CopyTo(new Span<float>(destination + first, count));
            line.Slice(pairs + first, count).CopyTo(new Span<float>(destination + pairs + first, count));
            first += count;
        }
    }

    struct RopeJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float** Angles;
        public int Pairs;
        public int HeadSize;
        public bool Interleaved;
        public delegate*<float*, float*, float*, float*, nint, void> Halves;

        public readonly void Row(nint row)
        {
            float* cosines = Angles[row];
            float* sines = cosines + Pairs;
            for (nint head = 0; head < X.Columns; head += HeadSize)
            {
                float* from = X.FloatRow(row) + head;
                float* to = Y.FloatRow(row) + head;
                if (!Interleaved)
                {
                    Halves(from, cosines, sines, to, Pairs);
                }

                for (int pair = 0; Interleaved && pair < Pairs; pair++)
                {
                    float a = from[2 * pair];
                    float b = from[2 * pair + 1];
                    to[2 * pair] = a * cosines[pair] - b * sines[pair];
                    to[2 * pair + 1] = b * cosines[pair] + a * sines[pair];
                }

                int rest = HeadSize - 2 * Pairs;
                new ReadOnlySpan<float>(from + 2 * Pairs, rest).CopyTo(new Span<float>(to + 2 * Pairs, rest));
            }
        }
    }
}
