using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sensorium.Inference;

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
        services.TryAddSingleton(_ => SensoriumChatClient.Load(options.Model, options.Engine, options.Addresses, options.Mmproj));
        services.TryAddSingleton<IChatClient>(static provider => provider.GetRequiredService<SensoriumChatClient>());
        return services;
    }
}
