using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Owns the device while models answer: one loop on one thread takes, step by step, the newest rows of all running
/// sequences and a chunk of waiting prompts or one picture, or a batch of texts to embed; models take turns. Thread-safe.
/// </summary>
public sealed partial class Engine : IDisposable
{
    readonly Device device;
    readonly EngineOptions options;
    readonly Compute compute;
    readonly Lock gate = new();
    readonly List<(ModelHost Host, Sequence Sequence)> submitted = [];
    readonly List<(ModelHost Host, Sequence Sequence)> taken = [];
    readonly AutoResetEvent work = new(false);
    readonly Thread? loop;

    // Replaced whole, so that the loop reads it while callers add a model; who adds one wakes the loop afterwards.
    IEngineHost[] models = [];
    volatile bool stopping;
    bool disposed;
    uint turn;

    /// <param name="device">What to compute on; the caller keeps it.</param>
    /// <param name="options">How to run.</param>
    public Engine(Device device, EngineOptions? options = null)
        : this(device, options ?? new EngineOptions(), ownLoop: true)
    {
    }

    internal Engine(Device device, EngineOptions options, bool ownLoop)
    {
        this.device = device;
        this.options = options;
        compute = device.NewCompute(options.Numerics);
        if (ownLoop)
        {
            loop = new Thread(Loop) { IsBackground = true, Name = "Sensorium engine" };
            loop.Start();
        }
    }

    /// <summary>What it computes on.</summary>
    public Device Device => device;

    /// <summary>How it runs.</summary>
    public EngineOptions Options => options;

    /// <summary>Memory held for keys and values of all models, in bytes.</summary>
    public long KvBytes => Volatile.Read(ref models).OfType<ModelHost>().Sum(h => h.KvBytes);

    /// <summary>Memory promised to the answers that run, in bytes: the most that their keys and values may take.</summary>
    internal long PromisedBytes => Volatile.Read(ref models).OfType<ModelHost>().Sum(h => h.PromisedBytes);

    /// <summary>Scratch memory held, in bytes.</summary>
    public long ScratchBytes => compute.ScratchBytes;

    /// <summary>Starts an answer.</summary>
    /// <exception cref="RequestException">The request cannot be answered, or has an id that is not in the vocabulary; the message has the numbers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A sampling option is outside its range.</exception>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Generation Submit(LanguageSystem system, GenerationRequest request)
    {
        ObjectDisposedException.ThrowIf(stopping, this);
        ModelHost host = HostOf(system);
        Sequence sequence = host.Prepare(request, _ => Wake());
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            submitted.Add((host, sequence));
        }

        Wake();
        return sequence.Generation;
    }

    /// <summary>Stops the loop and ends all answers.</summary>
    public void Dispose()
    {
        if (stopping)
        {
            return;
        }

        lock (gate)
        {
            stopping = true;
        }

        Wake();
        loop?.Join();

        // What was submitted after the loop's last look has to end as well.
        TakeSubmitted();
        foreach (IEngineHost host in models)
        {
            host.FailAll(new ObjectDisposedException(nameof(Engine), "the engine was stopped before the work was done"));
            host.Dispose();
        }

        compute.Dispose();
        lock (gate)
        {
            disposed = true;
            work.Dispose();
        }
    }

    /// <summary>One step of one model; false where nothing is to be done until something wakes the engine.</summary>
    internal bool Step()
    {
        TakeSubmitted();
        IEngineHost[] all = Volatile.Read(ref models);
        for (int i = 0; i < all.Length; i++)
        {
            IEngineHost host = all[turn++ % all.Length];
            if (!host.IsIdle && Step(host))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A step whose failure ends this model's answers, never the loop: a caller gets an error and does not wait for ever.</summary>
    bool Step(IEngineHost host)
    {
        try
        {
            return host.Step(compute);
        }
        catch (Exception e)
        {
            host.FailAll(e);
            return true;
        }
    }

    void Wake()
    {
        lock (gate)
        {
            if (!disposed)
            {
                work.Set();
            }
        }
    }

    void Loop()
    {
        while (!stopping)
        {
            if (!Step())
            {
                work.WaitOne();
            }
        }
    }

    void TakeSubmitted()
    {
        lock (gate)
        {
            if (submitted.Count == 0)
            {
                return;
            }

            taken.AddRange(submitted);
            submitted.Clear();
        }

        foreach ((ModelHost host, Sequence sequence) in taken)
        {
            host.Enqueue(sequence);
        }

        taken.Clear();
    }

    ModelHost HostOf(LanguageSystem system) =>
        HostOf(host => ReferenceEquals(host.System, system), () => new ModelHost(system, device, options, Wake));

    T HostOf<T>(Func<T, bool> serves, Func<T> make)
        where T : class, IEngineHost
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            T? known = models.OfType<T>().FirstOrDefault(serves);
            if (known is null)
            {
                known = make();
                Volatile.Write(ref models, [.. models, known]);
            }

            return known;
        }
    }
}
