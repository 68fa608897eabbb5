using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>down(activation(gate(x)) · up(x)) (Shazeer 2020; transformers LlamaMLP).</summary>
public sealed class GatedMlp
{
    readonly Linear gateUpProj;
    readonly Linear downProj;
    readonly Activation activation;

    /// <param name="at">The checkpoint's scope: holds <c>gate_proj</c>, <c>up_proj</c>, <c>down_proj</c>.</param>
    /// <param name="hiddenSize">Channels in and out.</param>
    /// <param name="intermediateSize">Channels between.</param>
    /// <param name="activation">Of the gate.</param>
    /// <param name="bias">Whether the three have biases.</param>
    public GatedMlp(Checkpoint at, int hiddenSize, int intermediateSize, Activation activation, bool bias = false)
    {
        this.activation = activation;
        gateUpProj = Linear.Stack(
            new Linear(at["gate_proj"], hiddenSize, intermediateSize, bias),
            new Linear(at["up_proj"], hiddenSize, intermediateSize, bias));
        downProj = new Linear(at["down_proj"], intermediateSize, hiddenSize, bias);
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="residual">Added to the result, [rows, hidden].</param>
    public Tensor Forward(Compute c, Tensor x, Tensor residual) =>
        downProj.Forward(c, c.Gate(gateUpProj.Forward(c, x), activation), residual: residual);
}
