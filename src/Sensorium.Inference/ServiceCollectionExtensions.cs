using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sensorium.Inference;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What <c>AddSensorium</c> registers.</summary>
public sealed class SensoriumOptions
{
    /// <summary>A folder, a .gguf file or a name; by default the embedded model, which sees pictures.</summary>
    public string Model { get; set; } = "nano";

    /// <summary>The file with a language model's vision tower and projector (mmproj-*.gguf); null: there is none.</summary>
    public string? Mmproj { get; set; }

    /// <summary>How the engine runs.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>Which addresses pictures may be fetched from.</summary>
    public AddressOptions Addresses { get; set; } = new();
}

/// <summary>What <c>AddSensoriumEmbeddings</c> registers.</summary>
public sealed class SensoriumEmbeddingOptions
{
    /// <summary>A folder, a .gguf file or a name; no embedding model is carried along.</summary>
    public string Model { get; set; } = "sentence-transformers/all-MiniLM-L6-v2";

    /// <summary>How the engine runs.</summary>
    public EngineOptions Engine { get; set; } = new();
}

/// <summary>Sensorium in a service collection.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Registers an <see cref="IChatClient"/> (and <see cref="SensoriumChatClient"/>) over one shared model, which is loaded
    /// when it is first asked for.
    /// </summary>
    public static IServiceCollection AddSensorium(this IServiceCollection services, Action<SensoriumOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new SensoriumOptions();
        configure?.Invoke(options);
        services.TryAddSingleton<SharedEngines>();
        services.TryAddSingleton(provider =>
        {
            SharedEngines engines = provider.GetRequiredService<SharedEngines>();
            LanguageSystem system = ModelLoader.LoadSystem(ModelLocator.Locate(options.Model), engines.Device, mmproj: options.Mmproj, packed: PackedCopies.OfUser);
            return new SensoriumChatClient(engines.Of(options.Engine), system, options.Addresses);
        });
        services.TryAddSingleton<IChatClient>(static provider => provider.GetRequiredService<SensoriumChatClient>());
        return services;
    }

    /// <summary>
    /// Registers <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts and of pictures (and
    /// <see cref="SensoriumEmbeddingGenerator"/>) over one shared model, which is loaded when it is first asked for. With
    /// <see cref="AddSensorium"/> it shares the device and, where both run alike, the engine.
    /// </summary>
    public static IServiceCollection AddSensoriumEmbeddings(this IServiceCollection services, Action<SensoriumEmbeddingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new SensoriumEmbeddingOptions();
        configure?.Invoke(options);
        services.TryAddSingleton<SharedEngines>();
        services.TryAddSingleton(provider =>
        {
            SharedEngines engines = provider.GetRequiredService<SharedEngines>();
            return new SensoriumEmbeddingGenerator(engines.Of(options.Engine), ModelLoader.LoadEmbeddings(ModelLocator.Locate(options.Model), engines.Device, packed: PackedCopies.OfUser));
        });
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(static provider => provider.GetRequiredService<SensoriumEmbeddingGenerator>());
        services.TryAddSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(static provider => provider.GetRequiredService<SensoriumEmbeddingGenerator>());
        return services;
    }
}
