using System.Runtime.CompilerServices;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>y = x Wᵀ + b (torch.nn.Linear): <c>[rows, in]</c> to <c>[rows, out]</c>.</summary>
public sealed class Linear
{
    readonly Weight weight;
    readonly Weight? bias;

    /// <param name="at">The checkpoint's scope: holds <c>weight</c> and <c>bias</c>.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="inputsAre">Where the inputs come from, for messages.</param>
    /// <param name="outputsAre">Where the outputs come from, for messages.</param>
    public Linear(
        Checkpoint at, int inputs, int outputs, bool hasBias = true,
        [CallerArgumentExpression(nameof(inputs))] string inputsAre = "", [CallerArgumentExpression(nameof(outputs))] string outputsAre = "")
    {
        weight = at.Weight("weight", WeightRole.Matrix, [outputs, inputs], $"{outputsAre}, {inputsAre}");
        bias = hasBias ? at.Weight("bias", WeightRole.Vector, [outputs], outputsAre) : null;
    }

    /// <summary>A linear layer on weights that stand elsewhere, as a tied head does.</summary>
    public Linear(Weight weight, Weight? bias = null)
    {
        this.weight = weight;
        this.bias = bias;
    }

    /// <summary>Layers with the same inputs as one: their outputs stand side by side, their weights keep their names.</summary>
    public static Linear Stack(params Linear[] layers)
    {
        Weight stack = Weight.Stack([.. layers.Select(l => l.weight)]);
        Weight?[] biases = [.. layers.Select(l => l.bias)];
        if (biases.Any(b => b is null) && biases.Any(b => b is not null))
        {
            throw new ArgumentException($"{stack.Name}: some have a bias and some have none");
        }

        return new Linear(stack, biases[0] is null ? null : Weight.Stack([.. biases.Select(b => b!)]));
    }

    /// <summary>What its product is computed in.</summary>
    public Arithmetic ArithmeticOf(Compute c) => weight.ArithmeticOf(c.Numerics);

    /// <summary>activation(x Wᵀ + b) + residual.</summary>
    public Tensor Forward(Compute c, Tensor x, Activation activation = Activation.None, Tensor residual = default) =>
        c.Linear(x, weight, new Epilogue { Bias = bias, Activation = activation, Residual = residual });
}
