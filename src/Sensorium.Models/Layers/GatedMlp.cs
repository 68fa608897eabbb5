using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>down(activation(gate(x)) · up(x)) (Shazeer 2020; transformers LlamaMLP).</summary>
public sealed class GatedMlp : FeedForward
{
    readonly Linear gateUpProj;
    readonly Linear downProj;
    readonly Activation activation;

    /// <param name="at">The checkpoint's scope: holds <c>gate_proj</c> and <c>up_proj</c> (fused: <c>gate_up_proj</c>), and <c>down_proj</c>.</param>
    /// <param name="hiddenSize">Channels in and out.</param>
    /// <param name="intermediateSize">Channels between.</param>
    /// <param name="activation">Of the gate.</param>
    /// <param name="bias">Whether the three have biases.</param>
    /// <param name="isFused">Whether gate and up are one tensor, gate above up (Phi-3).</param>
    public GatedMlp(Checkpoint at, int hiddenSize, int intermediateSize, Activation activation, bool bias = false, bool isFused = false)
    {
        this.activation = activation;
        gateUpProj = isFused
            ? new Linear(at["gate_up_proj"], hiddenSize, 2 * intermediateSize, bias)
            : Linear.Stack(
                new Linear(at["gate_proj"], hiddenSize, intermediateSize, bias),
                new Linear(at["up_proj"], hiddenSize, intermediateSize, bias));
        downProj = new Linear(at["down_proj"], intermediateSize, hiddenSize, bias);
    }

    /// <param name="gate">Hidden to intermediate.</param>
    /// <param name="up">Hidden to intermediate.</param>
    /// <param name="down">Intermediate to hidden.</param>
    /// <param name="activation">Of the gate.</param>
    public GatedMlp(Linear gate, Linear up, Linear down, Activation activation)
    {
        this.activation = activation;
        gateUpProj = Linear.Stack(gate, up);
        downProj = down;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x, Tensor residual = default) =>
        downProj.Forward(c, c.Gate(gateUpProj.Forward(c, x), activation), residual: residual);
}
