using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Inference;

/// <summary>A device, an engine and a loaded model that embeds.</summary>
public sealed class EmbeddingRuntime : ModelRuntime<EmbeddingSystem>
{
    EmbeddingRuntime(string model, EngineOptions? options, Func<string, Device, EmbeddingSystem> load)
        : base(model, options, load)
    {
    }

    /// <summary>Loads a model.</summary>
    /// <param name="model">A folder, a .gguf file or a name that <see cref="ModelLocator"/> finds.</param>
    /// <param name="options">How the engine runs.</param>
    /// <param name="progress">Told how far loading is, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <exception cref="CheckpointException">The model is not there, broken, not supported, or gives no vectors.</exception>
    public static EmbeddingRuntime Load(string model, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default) =>
        new(model, options, (path, device) => ModelLoader.LoadEmbeddings(path, device, progress, cancellation, PackedCopies.OfUser));
}
