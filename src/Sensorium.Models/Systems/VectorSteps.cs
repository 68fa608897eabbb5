using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>What happens to a text's vector after pooling.</summary>
abstract class VectorStep
{
    /// <summary>Numbers in a vector afterwards; 0: as many as before.</summary>
    public virtual int Outputs => 0;

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[texts, size]</param>
    public abstract Tensor Forward(Compute c, Tensor x);
}

/// <summary>Vectors are divided by their length (sentence-transformers Normalize).</summary>
sealed class UnitVectors : VectorStep
{
    public override Tensor Forward(Compute c, Tensor x) => UnitLength.Of(c, x);
}

/// <summary>A linear layer and an activation (sentence-transformers Dense).</summary>
sealed class DenseStep : VectorStep
{
    readonly Linear linear;
    readonly Activation activation;

    /// <param name="at">The module's own weights: hold <c>linear</c>.</param>
    /// <param name="json">Its config.</param>
    /// <param name="inputs">Numbers in a vector before.</param>
    public DenseStep(Checkpoint at, Config json, int inputs)
    {
        int inFeatures = json.Int("in_features");
        if (inFeatures != inputs)
        {
            throw json.Bad("in_features", $"is {inFeatures}, and what stands before it gives {inputs}");
        }

        Outputs = json.Int("out_features");
        linear = new Linear(at["linear"], inFeatures, Outputs, json.Bool("bias", true));
        string name = json.String("activation_function", "torch.nn.modules.activation.Tanh");
        activation = name.Split('.')[^1] switch
        {
            "Tanh" => Activation.Tanh,
            "Identity" => Activation.None,
            "ReLU" => Activation.Relu,
            "GELU" => Activation.Gelu,
            "SiLU" => Activation.Silu,
            "Sigmoid" => Activation.Sigmoid,
            _ => throw json.Bad("activation_function", $"is '{name}', which is not supported; Tanh, Identity, ReLU, GELU, SiLU and Sigmoid are"),
        };
    }

    public override int Outputs { get; }

    public override Tensor Forward(Compute c, Tensor x) => linear.Forward(c, x, activation);
}
