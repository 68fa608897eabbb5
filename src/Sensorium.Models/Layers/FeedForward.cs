using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>A layer's second half, row by row: one MLP, a gated one, or a mixture of several.</summary>
public abstract class FeedForward
{
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="residual">Added to the result, [rows, hidden]; none: nothing is.</param>
    public abstract Tensor Forward(Compute c, Tensor x, Tensor residual = default);
}

/// <summary>output(activation(input(x))): the MLP of the first transformers (Vaswani et al. 2017, §3.3).</summary>
/// <param name="input">Hidden to intermediate.</param>
/// <param name="output">Intermediate to hidden.</param>
/// <param name="activation">Between the two.</param>
public sealed class Mlp(Linear input, Linear output, Activation activation) : FeedForward
{
    /// <summary>An encoder's MLP, which has biases.</summary>
    /// <param name="at">Holds <c>fc1</c> and <c>fc2</c>.</param>
    /// <param name="hiddenSize">Channels in and out.</param>
    /// <param name="intermediateSize">Channels between.</param>
    /// <param name="activation">Between the two.</param>
    public static Mlp Read(Checkpoint at, int hiddenSize, int intermediateSize, Activation activation) =>
        new(new Linear(at["fc1"], hiddenSize, intermediateSize), new Linear(at["fc2"], intermediateSize, hiddenSize), activation);

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x, Tensor residual = default) =>
        output.Forward(c, input.Forward(c, x, activation), residual: residual);
}
