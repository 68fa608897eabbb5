using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    // Items that a worker's share has at least: whoever is late then leaves little to wait for.
    const int WorkerItems = 16;

    // Of a single row at least so many, and more where an item has more numbers than these: to begin with one takes as long as to read some kilobytes.
    const int FewWorkerItems = 4;
    const nint ItemNumbers = 1 << 18;

    // With so many times as many outputs as rows, it is the weight that a worker should read once.
    const int RowsBeforeOutputs = 2;

    // Below so many products a loop is not worth waking anybody.
    const nint SmallProduct = 1 << 16;

    /// <summary>The numbers of a vector weight; of a stack, end to end in scratch memory.</summary>
    float* Vector(Weight weight)
    {
        if (weight.Parts.Count == 0)
        {
            return weight.Need() is FloatVector vector ? vector.Floats : throw new InvalidOperationException($"{weight.Name} is a {weight.Role} and is used as a vector");
        }

        float* all = (float*)NewBytes((nint)weight.Elements * sizeof(float));
        nint at = 0;
        for (int i = 0; i < weight.Parts.Count; i++)
        {
            nint count = (nint)weight.Parts[i].Elements;
            Buffer.MemoryCopy(Vector(weight.Parts[i]), all + at, count * sizeof(float), count * sizeof(float));
            at += count;
        }

        return all;
    }

    /// <inheritdoc/>
    public override Tensor Load(Weight vector)
    {
        nint rows = vector.Shape.Count < 2 ? 1 : vector.Outputs;
        nint columns = rows == 0 ? 0 : (nint)vector.Elements / rows;
        return new Tensor(Vector(vector), rows, columns, columns, DType.F32);
    }

    /// <inheritdoc/>
    public override Tensor Embed(Weight table, ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (nuint)table.Outputs)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"{table.Name} has {table.Outputs} rows");
            }
        }

        Tensor y = New(ids.Length, table.Inputs);
        fixed (int* p = ids)
        {
            var job = new EmbedJob { Table = (Panels)table.Need(), Ids = p, Y = y };
            Workers.Run(ids.Length, ref job);
        }

        return y;
    }

    struct EmbedJob : IJob
    {
        public Panels Table;
        public int* Ids;
        public Tensor Y;

        public readonly void Run(nint item, int worker)
        {
            if (Table is RowPanels rows)
            {
                rows.Row(Ids[item], Y.FloatRow(item));
                return;
            }

            Table.UnpackLanes(Ids[item] / Panel.Lanes, Ids[item] % Panel.Lanes, 1, Y.FloatRow(item), Y.Stride);
        }
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor x, Weight weight) => Linear(x, weight);

    /// <inheritdoc/>
    public override Tensor Linear(Tensor x, Weight weight, in Epilogue epilogue = default)
    {
        nint inputs = weight.Inputs;
        if (x.Columns != inputs)
        {
            throw new ArgumentException($"{x} does not fit {weight.Name} with {inputs} inputs");
        }

        Tensor y = New(x.Rows, weight.Outputs);
        if (x.Rows == 0 || y.Columns == 0)
        {
            return y;
        }

        Scratch.Mark mark = Mark();
        FloatKernels kernels = device.Floats;
        var chunks = new RowChunks(x.Rows, FloatProduct.ChunkRows, Workers.Threads);
        var pack = new PackRowsJob { X = x, Kernels = kernels, Chunks = chunks };
        (bool floats, bool integers, bool pairs) = Operands(weight);
        if (integers)
        {
            pack.Quantized = new QuantizedRows
            {
                Inputs = inputs,
                Count = x.Rows,
                Data = NewBytes(QuantizedRows.Bytes(x.Rows, inputs)),
            };
        }

        bool single = x.Rows == 1;
        float* packed = null;
        if (floats)
        {
            // One row is its own tile.
            pack.Packed = single ? null : (float*)NewBytes(x.Rows * inputs * sizeof(float));
            packed = single ? x.Floats : pack.Packed;
        }

        if (pairs)
        {
            pack.Pairs = (uint*)NewBytes(x.Rows * BrainPairs.Of(inputs) * sizeof(uint));
        }

        bool small = x.Rows * inputs * y.Columns <= SmallProduct;
        if (pack.Packed != null || integers || pairs)
        {
            Workers.Run(chunks.Items, ref pack, small ? chunks.Items : 1);
        }

        nint tiles = (y.Columns + Panel.Tile - 1) / Panel.Tile;
        nint share = single ? Math.Clamp(inputs * y.Columns / (Workers.Threads * ItemNumbers), FewWorkerItems, WorkerItems) : WorkerItems;
        var job = new LinearJob
        {
            Weight = weight,
            Packed = packed,
            Pairs = pack.Pairs,
            Quantized = pack.Quantized,
            Y = y,
            Stage = Stage(epilogue),
            Kernels = kernels,
            Inputs = inputs,
            Chunks = chunks,
            ByRows = y.Columns <= RowsBeforeOutputs * x.Rows,
            ItemTiles = Math.Clamp(tiles * chunks.Count / (Workers.Threads * share), 1, 16),
            Scratch = NewBytes((nint)LinearJob.WorkerScratch * Workers.Threads),
        };
        nint items = job.Items();
        Workers.Run(items, ref job, small ? items : 1);
        GC.KeepAlive(weight);
        Release(mark);
        return y;
    }

    /// <summary>In which forms the parts of a weight take the rows.</summary>
    (bool Floats, bool Integers, bool Pairs) Operands(Weight weight)
    {
        bool floats = false, integers = false, pairs = false;
        for (int i = 0; i < Math.Max(1, weight.Parts.Count); i++)
        {
            Arithmetic arithmetic = (weight.Parts.Count == 0 ? weight : weight.Parts[i]).Need().ArithmeticOf(Numerics);
            integers |= arithmetic == Arithmetic.Int8;
            pairs |= arithmetic == Arithmetic.BFloat16;
            floats |= arithmetic == Arithmetic.Float32;
        }

        return (floats, integers, pairs);
    }

    OutputStage Stage(in Epilogue epilogue)
    {
        var stage = new OutputStage(Tier, epilogue.Activation)
        {
            Scale = epilogue.Scale is { } scale ? Vector(scale) : null,
            Bias = epilogue.Bias is { } bias ? Vector(bias) : null,
            Residual = epilogue.Residual,
        };
        if (epilogue.Norm is { } norm)
        {
            nint channels = (nint)norm.Mean.Elements;
            float* mean = Vector(norm.Mean), variance = Vector(norm.Variance), weight = Vector(norm.Weight), shift = Vector(norm.Bias);
            stage.Factor = (float*)NewBytes(channels * sizeof(float));
            stage.Offset = (float*)NewBytes(channels * sizeof(float));
            for (nint i = 0; i < channels; i++)
            {
                double factor = weight[i] / Math.Sqrt((double)variance[i] + norm.Epsilon);
                stage.Factor[i] = (float)factor;
                stage.Offset[i] = (float)(shift[i] - mean[i] * factor);
            }
        }

        return stage;
    }

    /// <inheritdoc/>
    public override Tensor MatMul(Tensor a, Tensor b, bool transposed = false)
    {
        nint outputs = transposed ? b.Rows : b.Columns, inputs = a.Columns;
        if (inputs != (transposed ? b.Columns : b.Rows))
        {
            throw new ArgumentException($"{a} and {b} do not fit together{(transposed ? ", the second transposed" : "")}");
        }

        Tensor y = New(a.Rows, outputs);
        if (a.Rows == 0 || outputs == 0)
        {
            return y;
        }

        Scratch.Mark mark = Mark();
        FloatKernels kernels = device.Floats;
        var job = new ActivationJob
        {
            A = a,
            B = b,
            Y = y,
            Transposed = transposed,
            Chunks = new RowChunks(a.Rows, FloatProduct.ChunkRows, Workers.Threads),
            Kernels = kernels,
            Panels = (float*)NewBytes(Panel.Groups(outputs) * inputs * Panel.Lanes * sizeof(float)),
            Packed = (float*)NewBytes(a.Rows * inputs * sizeof(float)),
            Scratch = NewBytes((nint)LinearJob.WorkerScratch * Workers.Threads),
        };
        bool small = a.Rows * inputs * outputs <= SmallProduct;
        Workers.Run(job.PackItems, ref job, small ? job.PackItems : 1);
        job.Multiplies = true;
        Workers.Run(job.Items, ref job, small ? job.Items : 1);
        Release(mark);
        return y;
    }
}
