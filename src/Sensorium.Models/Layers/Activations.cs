using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>The names that configs give to activations (transformers ACT2FN).</summary>
public static class Activations
{
    /// <summary>The activation under a config's key.</summary>
    public static Activation Read(Config config, string key, Activation? orElse = null)
    {
        if (orElse is { } known && !config.Has(key))
        {
            return known;
        }

        string name = config.String(key);
        return Named(name) ?? throw config.Bad(key, $"is '{name}', which is not supported; silu, gelu, gelu_new, quick_gelu, relu, relu6, sigmoid and tanh are");
    }

    /// <summary>The activation of a name; null where it is not supported.</summary>
    public static Activation? Named(string name) => name switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "quick_gelu" => Activation.QuickGelu,
        "relu" => Activation.Relu,
        "relu6" => Activation.Relu6,
        "sigmoid" => Activation.Sigmoid,
        "tanh" => Activation.Tanh,
        "linear" => Activation.None,
        _ => null,
    };
}
