using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>A loop's body, called for each of its items; a struct, so that a parallel loop allocates nothing.</summary>
interface IJob
{
    /// <param name="item">Which item.</param>
    /// <param name="worker">Who does it, below <see cref="WorkerTeam.Threads"/>: the index of its scratch memory.</param>
    void Run(nint item, int worker);
}

/// <summary>
/// The threads that share the items of a loop. They are made once, spin briefly for the next loop and then sleep. Each
/// has neighbouring items of its own, so that what it reads lies end to end, and helps with the others' when it is
/// through. Who does which item is not determined; what an item computes must not depend on it.
/// </summary>
public sealed unsafe class WorkerTeam : IDisposable
{
    // Long enough to bridge the gap between two operations of a forward pass, short enough not to burn a core at rest.
    const int SpinRounds = 10_000;
    const int SpinLength = 2;

    // The others are at their last items; only if the system gave their core away does waiting take longer.
    const int LastSpins = 1000;

    // Beside the number of workers that are in a loop: whether more may enter.
    const long Open = 1L << 32;

    readonly Thread[] threads;
    readonly Padded[] next;
    readonly object gate = new();
    readonly object sleep = new();
    Loop loop;
    ExceptionDispatchInfo? failure;
    volatile int generation;
    volatile int sleeping;
    volatile bool stopping;

    struct Loop
    {
        public delegate*<void*, nint, int, void> Job;
        public void* Context;
        public nint Count;
        public nint Grain;
        public Padded Busy;
    }

    /// <summary>A counter on a cache line of its own.</summary>
    struct Padded
    {
#pragma warning disable CS0169, IDE0051, S1144 // padding
        readonly long before0, before1, before2, before3, before4, before5, before6;
        public long Value;
        readonly long after0, after1, after2, after3, after4, after5, after6;
#pragma warning restore CS0169, IDE0051, S1144
    }

    /// <param name="threads">How many work, the caller included.</param>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        this.threads = new Thread[threads - 1];
        next = new Padded[threads];
        for (int i = 0; i < this.threads.Length; i++)
        {
            int worker = i + 1;
            this.threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"sensorium worker {worker}" };
            this.threads[i].Start();
        }
    }

    /// <summary>How many threads work on a loop, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs a loop and returns when all items are done. A caller that finds the team busy does its loop alone.</summary>
    /// <param name="count">Items 0 … count - 1.</param>
    /// <param name="job">The body; it is shared by the workers, not copied.</param>
    /// <param name="grain">Items that a worker takes at a time.</param>
    internal void Run<TJob>(nint count, ref TJob job, nint grain = 1)
        where TJob : struct, IJob
        => Run(count, Unsafe.AsPointer(ref job), &Call<TJob>, grain);

    static void Call<TJob>(void* context, nint item, int worker)
        where TJob : struct, IJob
        => Unsafe.AsRef<TJob>(context).Run(item, worker);

    /// <inheritdoc cref="Run{TJob}"/>
    internal void Run(nint count, void* context, delegate*<void*, nint, int, void> job, nint grain = 1)
    {
        if (threads.Length == 0 || stopping || count <= grain || !Monitor.TryEnter(gate))
        {
            for (nint item = 0; item < count; item++)
            {
                job(context, item, 0);
            }

            return;
        }

        try
        {
            // A nested loop of the same thread has entered too: the team is in the midst of the outer one.
            if (loop.Job != null)
            {
                for (nint item = 0; item < count; item++)
                {
                    job(context, item, 0);
                }

                return;
            }

            Share(count, context, job, grain);
        }
        finally
        {
            Monitor.Exit(gate);
        }
    }

    void Share(nint count, void* context, delegate*<void*, nint, int, void> job, nint grain)
    {
        loop.Context = context;
        loop.Count = count;
        loop.Grain = grain;
        for (int worker = 0; worker < next.Length; worker++)
        {
            next[worker].Value = Begin(worker);
        }

        loop.Job = job;
        Interlocked.Exchange(ref loop.Busy.Value, Open);
        Interlocked.Increment(ref generation);
        if (sleeping != 0)
        {
            lock (sleep)
            {
                Monitor.PulseAll(sleep);
            }
        }

        Take(0);

        // A worker that has not begun by now finds nothing to do: it is not waited for, since the system may have given its core to others.
        Interlocked.And(ref loop.Busy.Value, ~Open);
        for (int round = 0; Volatile.Read(ref loop.Busy.Value) != 0; round++)
        {
            if (round < LastSpins)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }

        loop.Job = null;
        if (failure is { } thrown)
        {
            failure = null;
            thrown.Throw();
        }
    }

    void Take(int worker)
    {
        try
        {
            for (int i = 0; i < next.Length; i++)
            {
                TakeOf((worker + i) % next.Length, worker);
            }
        }
#pragma warning disable CA1031 // the caller gets it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            foreach (ref Padded each in next.AsSpan())
            {
                Interlocked.Exchange(ref each.Value, loop.Count);
            }
        }
    }

    /// <summary>The first item that is a worker's own; of the worker behind the last, the end.</summary>
    nint Begin(int worker) => loop.Count * worker / next.Length;

    /// <summary>Does what is left of an owner's items.</summary>
    void TakeOf(int owner, int worker)
    {
        nint grain = loop.Grain, end = Begin(owner + 1);
        while (true)
        {
            nint first = (nint)Interlocked.Add(ref next[owner].Value, grain) - grain;
            nint last = Math.Min(first + grain, end);
            if (first >= last)
            {
                return;
            }

            for (nint item = first; item < last; item++)
            {
                loop.Job(loop.Context, item, worker);
            }
        }
    }

    void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            for (int round = 0; round < SpinRounds && generation == seen; round++)
            {
                Thread.SpinWait(SpinLength);
            }

            if (generation == seen)
            {
                lock (sleep)
                {
                    Interlocked.Increment(ref sleeping);
                    while (generation == seen)
                    {
                        Monitor.Wait(sleep);
                    }

                    Interlocked.Decrement(ref sleeping);
                }
            }

            seen = generation;
            if (stopping)
            {
                return;
            }

            if (Enter())
            {
                Take(worker);
                Interlocked.Decrement(ref loop.Busy.Value);
            }
        }
    }

    bool Enter()
    {
        long busy = Volatile.Read(ref loop.Busy.Value);
        while ((busy & Open) != 0)
        {
            long found = Interlocked.CompareExchange(ref loop.Busy.Value, busy + 1, busy);
            if (found == busy)
            {
                return true;
            }

            busy = found;
        }

        return false;
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (stopping)
            {
                return;
            }

            stopping = true;
            Interlocked.Increment(ref generation);
            lock (sleep)
            {
                Monitor.PulseAll(sleep);
            }
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }
}
