namespace Sensorium.Weights;

/// <summary>Writes packed copies in the background, one at a time, and ends with the process: what is nearly done is finished, the rest given up without a trace.</summary>
static class PackedWriting
{
    static readonly TimeSpan grace = TimeSpan.FromSeconds(2);
    static readonly TimeSpan tidying = TimeSpan.FromSeconds(1);

    static readonly Lock turn = new();
    static readonly List<Thread> writers = [];
    static readonly CancellationTokenSource ending = new();

    static PackedWriting() => AppDomain.CurrentDomain.ProcessExit += (_, _) => End();

    /// <summary>Writes a copy soon. Where it cannot be written, only speed is lost.</summary>
    public static void Start(Action<CancellationToken> write)
    {
        var writer = new Thread(() => Run(write)) { IsBackground = true, Name = "sensorium packed copy" };
        lock (writers)
        {
            writers.RemoveAll(thread => !thread.IsAlive);
            writers.Add(writer);
            writer.Start();
        }
    }

    /// <summary>Waits until all are written or given up.</summary>
    public static void Settle()
    {
        foreach (Thread writer in Writers())
            writer.Join();
    }

    static void Run(Action<CancellationToken> write)
    {
        try
        {
            lock (turn)
                write(ending.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException or ArgumentException or NotSupportedException)
        {
            // The next load packs again.
        }
    }

    static void End()
    {
        long until = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        foreach (Thread writer in Writers())
            writer.Join(TimeSpan.FromMilliseconds(Math.Max(0, until - Environment.TickCount64)));
        ending.Cancel();
        foreach (Thread writer in Writers())
            writer.Join(tidying);
    }

    static Thread[] Writers()
    {
        lock (writers)
            return [.. writers];
    }
}
