namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override void Append(Plan plan, int layer, Tensor keys, Tensor values)
    {
        ScalarKvPool pool = Own(plan.Kv);
        KvLayout layout = pool.Layout;
        ShapeCheck.Size(keys, plan.Rows, layout.Heads * layout.KeySize);
        ShapeCheck.Size(values, plan.Rows, layout.Heads * layout.ValueSize);
        keys = Wide(keys);
        values = Wide(values);
        for (int i = 0; i < plan.Segments.Length; i++)
        {
            Segment segment = plan.Segments[i];
            PageTable pages = ShapeCheck.Pages(plan, i);
            for (int row = 0; row < segment.Rows; row++)
            {
                int page = pages[(segment.Start + row) / KvPool.PageRows];
                int slot = (segment.Start + row) % KvPool.PageRows;
                for (int head = 0; head < layout.Heads; head++)
                {
                    Span<double> key = Row(keys, segment.FirstRow + row).Slice(head * layout.KeySize, layout.KeySize);
                    for (int d = 0; d < layout.KeySize; d++)
                    {
                        pool.Keys(page, layer, head)[d * KvPool.PageRows + slot] = key[d];
                    }

                    Row(values, segment.FirstRow + row).Slice(head * layout.ValueSize, layout.ValueSize)
                        .CopyTo(new Span<double>(pool.Values(page, layer, head) + slot * layout.ValueSize, layout.ValueSize));
                }
            }
        }
    }

    /// <inheritdoc/>
    public override (Tensor Keys, Tensor Values) ReadPages(KvPool pool, PageTable? pages, int layer, int length)
    {
        ShapeCheck.Pages(pool, pages, layer, length);
        ScalarKvPool own = Own(pool);
        KvLayout layout = pool.Layout;
        Tensor keys = New(length, layout.Heads * layout.KeySize);
        Tensor values = New(length, layout.Heads * layout.ValueSize);
        for (int row = 0; row < length; row++)
        {
            int page = pages![row / KvPool.PageRows];
            int slot = row % KvPool.PageRows;
            for (int head = 0; head < layout.Heads; head++)
            {
                Span<double> key = Row(keys, row).Slice(head * layout.KeySize, layout.KeySize);
                for (int d = 0; d < layout.KeySize; d++)
                {
                    key[d] = own.Keys(page, layer, head)[d * KvPool.PageRows + slot];
                }

                new Span<double>(own.Values(page, layer, head) + slot * layout.ValueSize, layout.ValueSize)
                    .CopyTo(Row(values, row).Slice(head * layout.ValueSize, layout.ValueSize));
            }
        }

        return (keys, values);
    }

    static ScalarKvPool Own(KvPool? pool) => pool as ScalarKvPool
        ?? throw new InvalidOperationException(pool is null ? "the plan has no pages" : "the plan's pages belong to another device");
}
