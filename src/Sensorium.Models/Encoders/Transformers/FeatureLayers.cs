using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>
/// Which hidden states of a vision transformer a language model is shown, not normed, and whether each picture's first row
/// is left out (transformers LlavaModel.get_image_features).
/// </summary>
public sealed class FeatureLayers
{
    readonly int[] layers;
    readonly bool dropsFirst;

    /// <param name="layers">Which hidden states, from 0 (the first layer's input); they stand side by side in this order.</param>
    /// <param name="dropsFirst">Whether each picture's first row, the class token where there is one, is left out.</param>
    public FeatureLayers(int[] layers, bool dropsFirst)
    {
        this.layers = layers;
        this.dropsFirst = dropsFirst;
        Deepest = layers.Max();
    }

    /// <summary>How many hidden states stand side by side.</summary>
    public int Count => layers.Length;

    /// <summary>How many layers must run.</summary>
    public int Deepest { get; }

    /// <summary>Rows that are left out of a picture's.</summary>
    public int Dropped => dropsFirst ? 1 : 0;

    /// <summary>Reads <c>vision_feature_layer</c>, one number or several, and <c>vision_feature_select_strategy</c>.</summary>
    /// <param name="json">The config.</param>
    /// <param name="numHiddenLayers">The transformer's layers; negative numbers count from its last hidden state.</param>
    /// <exception cref="CheckpointException">A key is of the wrong kind, or names a layer that is not there.</exception>
    public static FeatureLayers Read(Config json, int numHiddenLayers)
    {
        const string key = "vision_feature_layer";
        int[] asked = json.Has(key) ? json.Ints(key) : [-2];
        if (asked.Length is 0 or > 64)
        {
            throw json.Bad(key, $"names {asked.Length} layers; 1 to 64 are expected");
        }

        int[] counted = Array.ConvertAll(asked, layer => layer < 0 ? numHiddenLayers + 1 + layer : layer);
        if (Array.FindIndex(counted, layer => layer < 0 || layer > numHiddenLayers) is var at and >= 0)
        {
            throw json.Bad(key, $"names hidden state {asked[at]} of a vision transformer with {numHiddenLayers} layers");
        }

        string strategy = json.String("vision_feature_select_strategy", "default");
        return strategy is "default" or "full"
            ? new FeatureLayers(counted, strategy == "default")
            : throw json.Bad("vision_feature_select_strategy", $"is '{strategy}', which is not supported; default and full are");
    }

    /// <summary>The features of pictures, each picture's rows end to end, [rows, hidden · <see cref="Count"/>]. Layers above the deepest one are not run.</summary>
    public Tensor Forward(Compute c, VisionTransformer transformer, FeatureMaps pixels)
    {
        PatchRows rows = transformer.Embed(c, pixels);
        var states = new Tensor[Deepest + 1];
        states[0] = rows.Rows;
        int done = 0;
        foreach (int layer in layers.Distinct().Order())
        {
            rows = transformer.Run(c, rows, done, layer);
            done = layer;
            states[layer] = rows.Rows;
        }

        Tensor features = layers.Length == 1 ? states[layers[0]] : c.Concat([.. layers.Select(layer => states[layer])]);
        return dropsFirst ? rows.With(features).WithoutFirst(c) : features;
    }
}
