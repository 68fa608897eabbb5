using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Inference;

/// <summary>A device, an engine and a loaded model that belong together.</summary>
/// <typeparam name="TSystem">What the model does: answer or embed.</typeparam>
public abstract class ModelRuntime<TSystem> : IDisposable
{
    private protected ModelRuntime(string model, EngineOptions? options, Func<string, Device, TSystem> load)
    {
        string path = ModelLocator.Locate(model);
        Device = new CpuDevice();
        try
        {
            System = load(path, Device);
            Engine = new Engine(Device, options);
        }
        catch
        {
            Device.Dispose();
            throw;
        }
    }

    /// <summary>What it computes on.</summary>
    public Device Device { get; }

    /// <summary>Runs the model.</summary>
    public Engine Engine { get; }

    /// <summary>The model.</summary>
    public TSystem System { get; }

    /// <summary>Stops the engine and frees the device.</summary>
    public void Dispose()
    {
        Engine.Dispose();
        Device.Dispose();
        GC.SuppressFinalize(this);
    }
}
