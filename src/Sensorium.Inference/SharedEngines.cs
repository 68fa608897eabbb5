using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference;

/// <summary>The one device of a service collection, and an engine for each way of running: models with the same options share a loop. Thread-safe.</summary>
sealed class SharedEngines : IDisposable
{
    readonly Lock gate = new();
    readonly Dictionary<EngineOptions, Engine> engines = [];
    CpuDevice? device;

    /// <summary>What all compute on.</summary>
    public Device Device
    {
        get
        {
            lock (gate)
            {
                return device ??= new CpuDevice();
            }
        }
    }

    /// <summary>The engine that runs in a way.</summary>
    public Engine Of(EngineOptions options)
    {
        Device shared = Device;
        lock (gate)
        {
            if (!engines.TryGetValue(options, out Engine? engine))
            {
                engines.Add(options, engine = new Engine(shared, options));
            }

            return engine;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (Engine engine in engines.Values)
            {
                engine.Dispose();
            }

            device?.Dispose();
        }
    }
}
