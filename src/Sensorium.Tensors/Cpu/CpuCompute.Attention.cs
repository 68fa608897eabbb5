using Sensorium.Tensors.Cpu.Attention;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    // Multiplications that one thread is through with before another has begun.
    const double AttentionWorthSharing = 300_000;

    /// <inheritdoc/>
    public override Tensor Attend(Tensor queries, KeyValues source, Plan plan, AttentionShape shape)
    {
        CheckAttention(queries, source, plan, shape);
        Tensor y = New(plan.Rows, (nint)shape.Heads * shape.ValueSize);
        Scratch.Mark mark = Mark();
        if (source.ArePaged)
        {
            AttendPages(queries, source, plan, shape, y);
        }
        else
        {
            AttendRows(queries, source, plan, shape, y);
        }

        Release(mark);
        return y;
    }

    void AttendPages(Tensor queries, KeyValues source, Plan plan, AttentionShape shape, Tensor y)
    {
        var job = new AttendJob
        {
            Queries = queries,
            Output = y,
            Kernels = AttentionKernels.Of(Tier),
            Affine = Kernels.Affine,
            Group = shape.Heads / shape.KvHeads,
            KeySize = shape.KeySize,
            ValueSize = shape.ValueSize,
            Scale = shape.Scale,
            SoftCap = shape.SoftCap,
            Half = source.Pool(plan).Type == DType.F16,
            Widen = device.Widen,
            Sight = SightOf(source, plan, shape),
        };
        job.Code = job.Half && job.ValueSize % PageCode.ColumnStep == 0 ? device.Generated.Page() : null;
        job.TokensPerTile = Math.Max(1, AttentionTile.TargetRows / job.Group);
        job.Stride = (shape.ValueSize + 15) & ~15;
        job.PaddedRows = (job.TokensPerTile * job.Group + AttentionTile.RowBlock - 1) & -AttentionTile.RowBlock;

        int tiles = SetTiles(ref job, plan, shape, PagesOf(source, plan));
        Attend(ref job, tiles);
    }

    void Attend(ref AttendJob job, int tiles)
    {
        double cost = 0;
        int parts = 0;
        for (int i = 0; i < tiles; i++)
        {
            AttentionItem item = job.Items[i];
            cost += (double)(item.EndKey - item.FirstKey) * item.Tokens * job.Group * (job.KeySize + job.ValueSize);
            parts += item.Parts;
        }

        job.WorkerBytes = job.BytesPerWorker();
        job.WorkerMemory = NewBytes(job.WorkerBytes * Workers.Threads);
        nint stateFloats = AttentionState.Size(job.PaddedRows, job.Stride);
        bool alone = cost < AttentionWorthSharing;
        if (alone || Workers.Threads == 1 || tiles >= 2 * Workers.Threads || parts <= tiles)
        {
            // The last tiles of a sequence see most: they go first.
            job.Count = tiles;
            Workers.Run(tiles, ref job, alone ? tiles : 1);
            return;
        }

        job.Count = parts;
        job.Parts = (AttentionPart*)NewBytes(parts * sizeof(AttentionPart));
        job.States = (float*)NewBytes(parts * stateFloats * sizeof(float));
        int part = 0;
        for (int i = 0; i < tiles; i++)
        {
            job.Items[i].FirstState = part;
            for (int p = 0; p < job.Items[i].Parts; p++)
            {
                job.Parts[part++] = new AttentionPart { Item = i, Part = p };
            }
        }

        Workers.Run(parts, ref job);
        for (int i = 0; i < tiles; i++)
        {
            job.Finish(i);
        }
    }

    static void CheckAttention(Tensor queries, KeyValues source, Plan plan, AttentionShape shape)
    {
        if (shape.KvHeads <= 0 || shape.Heads % shape.KvHeads != 0)
        {
            throw new ArgumentException($"{shape.Heads} query heads cannot share {shape.KvHeads} key/value heads");
        }

        ShapeCheck.Size(queries, plan.Rows, (nint)shape.Heads * shape.KeySize, nameof(Attend));
        if (!source.ArePaged)
        {
            Plan of = source.Plan ?? plan;
            ShapeCheck.Size(source.Keys, of.Rows, (nint)shape.KvHeads * shape.KeySize, nameof(Attend));
            ShapeCheck.Size(source.Values, of.Rows, (nint)shape.KvHeads * shape.ValueSize, nameof(Attend));
            ShapeCheck.Length(of.Segments.Length, plan.Segments.Length, nameof(Attend));
            return;
        }

        KvLayout layout = source.Pool(plan).Layout;
        if (layout.Heads != shape.KvHeads || layout.KeySize != shape.KeySize || layout.ValueSize != shape.ValueSize || source.Layer >= layout.Layers)
        {
            throw new ArgumentException($"pages of {layout} do not fit layer {source.Layer} with {shape}");
        }
    }

    /// <summary>For each sequence its pages' addresses.</summary>
    byte*** PagesOf(KeyValues source, Plan plan)
    {
        int sequences = plan.Segments.Length;
        int count = 0;
        for (int i = 0; i < sequences; i++)
        {
            count += PageCount(source.Count(plan, i));
        }

        CpuKvPool pool = Own(source.Pool(plan));
        byte*** bySequence = (byte***)NewBytes(sequences * sizeof(byte**));
        byte** pages = (byte**)NewBytes(count * sizeof(byte*));
        for (int i = 0; i < sequences; i++)
        {
            bySequence[i] = pages;
            PageTable? table = source.Pages(plan, i);
            for (int p = 0; p < PageCount(source.Count(plan, i)); p++)
            {
                *pages++ = pool.Layer(table![p], source.Layer);
            }
        }

        return bySequence;
    }

    static int PageCount(int keys) => (keys + KvPool.PageRows - 1) / KvPool.PageRows;

    /// <summary>What each query row sees, and what is added to its scores.</summary>
    AttentionSight SightOf(KeyValues source, Plan plan, AttentionShape shape)
    {
        var sight = new AttentionSight
        {
            Starts = (int*)NewBytes(plan.Rows * sizeof(int)),
            Ends = (int*)NewBytes(plan.Rows * sizeof(int)),
            Positions = (int*)NewBytes(plan.Rows * sizeof(int)),
        };
        int lastQuery = 0;
        int mostKeys = 0;
        for (int i = 0; i < plan.Segments.Length; i++)
        {
            Segment segment = plan.Segments[i];
            int keys = source.Count(plan, i);
            mostKeys = Math.Max(mostKeys, keys);
            lastQuery = Math.Max(lastQuery, segment.Length - 1);
            for (int row = 0; row < segment.Rows; row++)
            {
                int at = segment.FirstRow + row;
                sight.Positions[at] = segment.Start + row;
                sight.Ends[at] = source.AreMemory ? keys : Math.Clamp(plan.VisibleEnds[at], 0, keys);
                sight.Starts[at] = shape.Window == 0 ? 0 : Math.Max(0, segment.Start + row + 1 - shape.Window);
            }
        }

        if (shape.Bias is { } bias)
        {
            SetBias(ref sight, bias, shape.Heads, lastQuery, mostKeys);
        }

        return sight;
    }

    /// <summary>A line of additions per head, by the distance from query to key.</summary>
    void SetBias(ref AttentionSight sight, RelativeBias bias, int heads, int lastQuery, int keys)
    {
        Tensor table = Load(bias.Table);
        ShapeCheck.Size(table, table.Rows, heads, nameof(RelativeBias));

        // Kernels look at whole pages, so the line goes on for one.
        sight.BiasLength = lastQuery + keys + KvPool.PageRows;
        sight.BiasOrigin = lastQuery;
        sight.BiasLines = (float*)NewBytes((nint)sight.BiasLength * heads * sizeof(float));
        for (int i = 0; i < sight.BiasLength; i++)
        {
            int bucket = bias.Bucket(i - lastQuery);
            for (int head = 0; head < heads; head++)
            {
                sight.BiasLines[(nint)head * sight.BiasLength + i] = table.FloatRow(bucket)[head];
            }
        }
    }

    int SetTiles(ref AttendJob job, Plan plan, AttentionShape shape, byte*** pages)
    {
        int tiles = 0;
        foreach (Segment segment in plan.Segments)
        {
            tiles += (segment.Rows + job.TokensPerTile - 1) / job.TokensPerTile * shape.KvHeads;
        }

        job.Items = (AttentionItem*)NewBytes(tiles * sizeof(AttentionItem));
        tiles = 0;
        for (int i = 0; i < plan.Segments.Length; i++)
        {
            Segment segment = plan.Segments[i];
            for (int row = 0; row < segment.Rows; row += job.TokensPerTile)
            {
                var item = new AttentionItem
                {
                    FirstRow = segment.FirstRow + row,
                    Tokens = Math.Min(job.TokensPerTile, segment.Rows - row),
                    Pages = pages[i],
                    FirstKey = int.MaxValue,
                };
                for (int r = item.FirstRow; r < item.FirstRow + item.Tokens; r++)
                {
                    if (job.Sight.Starts[r] < job.Sight.Ends[r])
                    {
                        item.FirstKey = Math.Min(item.FirstKey, job.Sight.Starts[r]);
                        item.EndKey = Math.Max(item.EndKey, job.Sight.Ends[r]);
                    }
                }

                item.FirstKey = Math.Min(item.FirstKey, item.EndKey);
                for (item.KvHead = 0; item.KvHead < shape.KvHeads; item.KvHead++)
                {
                    job.Items[tiles++] = item;
                }
            }
        }

        return tiles;
    }
}
