using Sensorium.Tensors.Cpu.Attention;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <summary>Attention whose keys and values are rows of a pass: an encoder's.</summary>
    void AttendRows(Tensor queries, KeyValues source, Plan plan, AttentionShape shape, Tensor y)
    {
        FloatKernels? brains = Numerics == Numerics.Fast && source.ComputedIn != Arithmetic.Float32 ? device.Brains : null;
        var job = new RowAttention
        {
            Queries = queries,
            Source = source,
            Output = y,
            Shape = shape,
            Sight = SightOf(source, plan, shape),
            Kernels = brains ?? device.Floats,
            Pair = brains == null ? null : device.Pair,
            Softmax = AttentionKernels.Of(Tier),
            Affine = Kernels.Affine,
        };

        int sequences = plan.Segments.Length;
        var all = (RowAttention.Sequence*)NewBytes(sequences * sizeof(RowAttention.Sequence));
        nint tileFloats = 0, packItems = 0, blocks = 0, workerFloats = 0;
        double cost = 0;
        for (int i = 0; i < sequences; i++)
        {
            Segment asks = plan.Segments[i], tells = (source.Plan ?? plan).Segments[i];
            var sequence = new RowAttention.Sequence { FirstQuery = asks.FirstRow, Queries = asks.Rows, FirstKey = tells.FirstRow, Keys = tells.Rows };
            job.Lay(ref sequence, ref tileFloats, ref packItems, ref blocks);
            workerFloats = Math.Max(workerFloats, job.FloatsOf(sequence));
            cost += (double)sequence.Queries * sequence.Keys * shape.Heads * (shape.KeySize + shape.ValueSize);
            all[i] = sequence;
        }

        job.Sequences = all;
        job.Count = sequences;
        job.Tiles = (float*)NewBytes(tileFloats * sizeof(float));
        job.WorkerFloats = workerFloats;
        job.Memory = (float*)NewBytes(workerFloats * Workers.Threads * sizeof(float));
        bool alone = cost < AttentionWorthSharing;
        Workers.Run(packItems, ref job, alone ? packItems : 1);
        job.Attends = true;
        Workers.Run(blocks, ref job, alone ? blocks : 1);
    }
}
