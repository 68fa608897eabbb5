using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Inference;

/// <summary>A device, an engine and a loaded model that answers.</summary>
public sealed class SensoriumRuntime : ModelRuntime<LanguageSystem>
{
    SensoriumRuntime(string model, EngineOptions? options, Func<string, Device, LanguageSystem> load)
        : base(model, options, load)
    {
    }

    /// <summary>Loads a model.</summary>
    /// <param name="model">A folder, a .gguf file or a name that <see cref="ModelLocator"/> finds.</param>
    /// <param name="options">How the engine runs.</param>
    /// <param name="progress">Told how far loading is, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <param name="mmproj">The file with a language model's vision tower and projector (mmproj-*.gguf); null: there is none.</param>
    /// <exception cref="CheckpointException">The model is not there, broken or not supported.</exception>
    public static SensoriumRuntime Load(
        string model, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default, string? mmproj = null) =>
        new(model, options, (path, device) => ModelLoader.LoadSystem(path, device, progress, cancellation, mmproj, PackedCopies.OfUser));
}
