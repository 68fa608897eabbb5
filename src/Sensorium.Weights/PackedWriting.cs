using System.Diagnostics;

namespace Sensorium.Weights;

/// <summary>Writes packed copies in the background, one at a time, and ends with the process: what is nearly done is finished, the rest is given up without a trace.</summary>
sealed class PackedWriting
{
    /// <summary>What a process that ends still waits for.</summary>
    static readonly TimeSpan grace = TimeSpan.FromSeconds(2);

    static readonly TimeSpan tidying = TimeSpan.FromSeconds(1);

    static readonly Lock turn = new();
    static readonly List<PackedWriting> all = [];
    static readonly CancellationTokenSource ending = new();

    readonly Thread thread;
    readonly Action<PackedWriting> write;
    Stopwatch? clock;
    double done;

    static PackedWriting() => AppDomain.CurrentDomain.ProcessExit += (_, _) => End();

    PackedWriting(Action<PackedWriting> write)
    {
        this.write = write;
        thread = new Thread(Run) { IsBackground = true, Name = "sensorium packed copy" };
    }

    /// <summary>Writes a copy soon. Where it cannot be written, only speed is lost.</summary>
    public static void Start(Action<PackedWriting> write)
    {
        var writing = new PackedWriting(write);
        lock (all)
        {
            all.RemoveAll(other => !other.thread.IsAlive);
            all.Add(writing);
            writing.thread.Start();
        }
    }

    /// <summary>Waits until all are written or given up.</summary>
    public static void Settle()
    {
        foreach (PackedWriting writing in All())
            writing.thread.Join();
    }

    /// <summary>To be called between writes: says how much is done, from 0 to 1.</summary>
    /// <exception cref="OperationCanceledException">The process ends, and the rest would take too long.</exception>
    public void Report(double part)
    {
        Volatile.Write(ref done, part);
        ending.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Whether a writing that has done so much in some time will soon be over.</summary>
    internal static bool IsNearlyDone(double part, TimeSpan time) => part > 0 && time * ((1 - part) / part) <= grace;

    void Run()
    {
        try
        {
            lock (turn)
            {
                ending.Token.ThrowIfCancellationRequested();
                clock = Stopwatch.StartNew();
                write(this);
            }
        }
#pragma warning disable CA1031, RCS1075 // The thread is nobody's who could be told, and a fault here must not end a process that needs no copy.
        catch (Exception)
#pragma warning restore CA1031, RCS1075
        {
            // The next load packs again.
        }
    }

    static void End()
    {
        long until = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        foreach (PackedWriting writing in All())
        {
            if (writing.clock is { } clock && IsNearlyDone(Volatile.Read(ref writing.done), clock.Elapsed))
                writing.thread.Join(TimeSpan.FromMilliseconds(Math.Max(0, until - Environment.TickCount64)));
        }

        ending.Cancel();
        foreach (PackedWriting writing in All())
            writing.thread.Join(tidying);
    }

    static PackedWriting[] All()
    {
        lock (all)
            return [.. all];
    }
}
