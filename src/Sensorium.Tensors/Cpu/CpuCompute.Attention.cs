namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override void Append(Plan plan, int layer, Tensor keys, Tensor values)
    {
        var pool = (CpuKvPool)(plan.Kv ?? throw new InvalidOperationException("the plan has no pages"));
        foreach (Segment segment in plan.Segments)
        {
            for (int row = 0; row < segment.Rows; row++)
            {
                int token = segment.Start + row, slot = token % KvPool.PageRows;
                byte* at = pool.Layer(segment.Pages![token / KvPool.PageRows], layer);
                nint element = 0;
                KvLayout layout = pool.Layout;
                for (int head = 0; head < layout.Heads; head++)
                {
                    for (int i = 0; i < layout.KeySize; i++)
                    {
                        Put(pool.Type, at, element + (nint)i * KvPool.PageRows + slot, keys.FloatRow(segment.FirstRow + row)[head * layout.KeySize + i]);
                    }

                    element += (nint)layout.KeySize * KvPool.PageRows;
                    for (int i = 0; i < layout.ValueSize; i++)
                    {
                        Put(pool.Type, at, element + (nint)slot * layout.ValueSize + i, values.FloatRow(segment.FirstRow + row)[head * layout.ValueSize + i]);
                    }

                    element += (nint)layout.ValueSize * KvPool.PageRows;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override (Tensor Keys, Tensor Values) ReadPages(Plan plan, int layer, int segment)
    {
        var pool = (CpuKvPool)(plan.Kv ?? throw new InvalidOperationException("the plan has no pages"));
        Segment sequence = plan.Segments[segment];
        KvLayout layout = pool.Layout;
        Tensor keys = New(sequence.Length, (nint)layout.Heads * layout.KeySize), values = New(sequence.Length, (nint)layout.Heads * layout.ValueSize);
        for (int token = 0; token < sequence.Length; token++)
        {
            int slot = token % KvPool.PageRows;
            byte* at = pool.Layer(sequence.Pages![token / KvPool.PageRows], layer);
            nint element = 0;
            for (int head = 0; head < layout.Heads; head++)
            {
                for (int i = 0; i < layout.KeySize; i++)
                {
                    keys.FloatRow(token)[head * layout.KeySize + i] = Get(pool.Type, at, element + (nint)i * KvPool.PageRows + slot);
                }

                element += (nint)layout.KeySize * KvPool.PageRows;
                for (int i = 0; i < layout.ValueSize; i++)
                {
                    values.FloatRow(token)[head * layout.ValueSize + i] = Get(pool.Type, at, element + (nint)slot * layout.ValueSize + i);
                }

                element += (nint)layout.ValueSize * KvPool.PageRows;
            }
        }

        return (keys, values);
    }

    static void Put(DType type, byte* at, nint element, float value)
    {
        if (type == DType.F16)
        {
            ((Half*)at)[element] = (Half)value;
        }
        else
        {
            ((float*)at)[element] = value;
        }
    }

    static float Get(DType type, byte* at, nint element) => type == DType.F16 ? (float)((Half*)at)[element] : ((float*)at)[element];
}
