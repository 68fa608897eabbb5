namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>What a step that is repeated allocates on the managed heap.</summary>
static class SteadyAllocation
{
    /// <summary>
    /// The least of three windows of steps, after some that warm up. The runtime allocates once when a lock is first
    /// contended, whenever that is; a step that allocates does it in each window.
    /// </summary>
    public static long Of(Action step, int steps)
    {
        for (int i = 0; i < 5; i++)
        {
            step();
        }

        long least = long.MaxValue;
        for (int window = 0; window < 3; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < steps; i++)
            {
                step();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
