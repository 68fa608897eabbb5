namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    // Numbers that one thread is through with before another could have been woken for half of them.
    const nint WorthSharing = 32768;

    RowKernels Kernels => RowKernels.Of(Tier);

    /// <summary>What is to be done with one row.</summary>
    interface IRowJob
    {
        void Row(nint row);
    }

    struct RowLoop<TJob> : IJob
        where TJob : struct, IRowJob
    {
        public TJob Job;
        public nint Rows;
        public nint RowsPerItem;

        public readonly void Run(nint item, int worker)
        {
            nint last = Math.Min((item + 1) * RowsPerItem, Rows);
            for (nint row = item * RowsPerItem; row < last; row++)
            {
                Job.Row(row);
            }
        }
    }

    /// <summary>Does every row, shared among the workers where it is worth it.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="cost">Of a row, in numbers that are read or written.</param>
    /// <param name="job">What to do.</param>
    void EachRow<TJob>(nint rows, nint cost, TJob job)
        where TJob : struct, IRowJob
    {
        if (rows * cost < WorthSharing || Workers.Threads == 1)
        {
            for (nint row = 0; row < rows; row++)
            {
                job.Row(row);
            }

            return;
        }

        nint perItem = Math.Max(1, WorthSharing / 4 / Math.Max(cost, 1));
        var loop = new RowLoop<TJob> { Job = job, Rows = rows, RowsPerItem = perItem };
        Workers.Run((rows + perItem - 1) / perItem, ref loop);
    }
}
