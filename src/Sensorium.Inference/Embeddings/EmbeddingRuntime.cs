using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Inference;

/// <summary>A device, an engine and a loaded embedding model that belong together.</summary>
public sealed class EmbeddingRuntime : IDisposable
{
    EmbeddingRuntime(Device device, Engine engine, EmbeddingSystem system)
    {
        Device = device;
        Engine = engine;
        System = system;
    }

    /// <summary>What it computes on.</summary>
    public Device Device { get; }

    /// <summary>Runs the model.</summary>
    public Engine Engine { get; }

    /// <summary>The model.</summary>
    public EmbeddingSystem System { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="model">A folder, a .gguf file or a name that <see cref="ModelLocator"/> finds.</param>
    /// <param name="options">How the engine runs.</param>
    /// <param name="progress">Told how far loading is, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <exception cref="CheckpointException">The model is not there, broken, not supported, or gives no vectors.</exception>
    public static EmbeddingRuntime Load(string model, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default)
    {
        string path = ModelLocator.Locate(model);
        var device = new CpuDevice();
        try
        {
            EmbeddingSystem system = ModelLoader.LoadEmbeddings(path, device, progress, cancellation);
            return new EmbeddingRuntime(device, new Engine(device, options), system);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Stops the engine and frees the device.</summary>
    public void Dispose()
    {
        Engine.Dispose();
        Device.Dispose();
    }
}
