using Sensorium.Cli.Console;
using Sensorium.Inference;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Cli.Answers;

/// <summary>Loads models and says so where it takes longer than a second.</summary>
static class ModelLoading
{
    /// <summary>A model that answers, with its engine.</summary>
    public static SensoriumRuntime Runtime(string model, string? mmproj, Numerics numerics, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new Progress(terminal, $"loading {model}");
        return SensoriumRuntime.Load(model, new EngineOptions { Numerics = numerics }, progress: new LoadingProgress(progress), cancellation: cancellation, mmproj: mmproj);
    }

    /// <summary>A model that embeds, with its engine.</summary>
    public static EmbeddingRuntime Embeddings(LocatedModel model, Numerics numerics, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new Progress(terminal, $"loading {model.Name}");
        return EmbeddingRuntime.Load(model.Path, new EngineOptions { Numerics = numerics }, new LoadingProgress(progress), cancellation);
    }

    /// <summary>A model that embeds, without an engine.</summary>
    public static EmbeddingSystem Embeddings(LocatedModel model, Device device, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new Progress(terminal, $"loading {model.Name}");
        return ModelLoader.LoadEmbeddings(model.Path, device, new LoadingProgress(progress), cancellation, PackedCopies.OfUser);
    }

    /// <summary>A model of any family.</summary>
    public static ModelPart Model(string model, Device device, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new Progress(terminal, $"loading {model}");
        return ModelLoader.Load(ModelLocator.Locate(model), device, new LoadingProgress(progress), cancellation, PackedCopies.OfUser);
    }
}
