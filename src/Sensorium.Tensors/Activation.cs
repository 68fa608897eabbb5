namespace Sensorium.Tensors;

/// <summary>Element-wise functions, under the names that configs use.</summary>
public enum Activation
{
    /// <summary>x</summary>
    None,

    /// <summary>x · sigmoid(x), also called swish.</summary>
    Silu,

    /// <summary>x · Φ(x) with the exact error function.</summary>
    Gelu,

    /// <summary>GELU by the tanh formula (gelu_new, gelu_pytorch_tanh).</summary>
    GeluTanh,

    /// <summary>x · sigmoid(1.702 x), CLIP's.</summary>
    QuickGelu,

    /// <summary>max(x, 0)</summary>
    Relu,

    /// <summary>min(max(x, 0), 6)</summary>
    Relu6,

    /// <summary>1 / (1 + e^-x)</summary>
    Sigmoid,

    /// <summary>tanh(x)</summary>
    Tanh,
}
