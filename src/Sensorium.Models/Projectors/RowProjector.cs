using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Projectors;

/// <summary>Brings an encoder's rows into a language model's space, row by row. Immutable once loaded.</summary>
public abstract class RowProjector
{
    /// <summary>[rows, encoder's channels] to [rows, language model's channels]</summary>
    public abstract Tensor Forward(Compute c, Tensor x);
}

/// <summary>A linear layer (Liu et al. 2023, §4.1).</summary>
/// <param name="linear">From the encoder's channels to the language model's.</param>
public sealed class LinearProjector(Linear linear) : RowProjector
{
    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x) => linear.Forward(c, x);
}

/// <summary>Two linear layers with an activation between them (Liu et al. 2024, §3.2; transformers LlavaMultiModalProjector).</summary>
/// <param name="linear1">From the encoder's channels.</param>
/// <param name="linear2">To the language model's channels.</param>
/// <param name="activation">Between the two.</param>
public sealed class MlpProjector(Linear linear1, Linear linear2, Activation activation) : RowProjector
{
    readonly Mlp mlp = new(linear1, linear2, activation);

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x) => mlp.Forward(c, x);
}
