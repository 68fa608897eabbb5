namespace Sensorium.Media.Images.Resizing;

/// <summary>Runs work on bands of rows, on several threads where there is enough of it.</summary>
static class RowBands
{
    // Below this many multiplications, waking another thread costs more than it saves.
    const long WorthAThread = 1 << 20;

    const int BandsPerThread = 4;

    /// <param name="rows">How many rows there are.</param>
    /// <param name="workPerRow">About how many multiplications one takes.</param>
    /// <param name="run">Does the rows from the first argument to the second, exclusive.</param>
    public static void Run(int rows, long workPerRow, Action<int, int> run)
    {
        long work = rows * Math.Max(workPerRow, 1);
        int threads = (int)Math.Min(Environment.ProcessorCount, work / WorthAThread);
        int bands = Math.Min(rows, threads * BandsPerThread);
        if (threads < 2)
        {
            run(0, rows);
            return;
        }

        Parallel.For(0, bands, new ParallelOptions { MaxDegreeOfParallelism = threads }, band =>
            run((int)((long)rows * band / bands), (int)((long)rows * (band + 1) / bands)));
    }
}
