namespace Sensorium.Tensors;

/// <summary>Batch norm with running statistics: (x - mean) / sqrt(variance + epsilon) · weight + bias, per channel.</summary>
public sealed record BatchNormWeights(Weight Mean, Weight Variance, Weight Weight, Weight Bias, float Epsilon);

/// <summary>
/// What follows a matrix product or a convolution in the same pass over its output, in this order:
/// · <see cref="Scale"/>, + <see cref="Bias"/>, <see cref="Norm"/>, <see cref="Activation"/>, + <see cref="Residual"/>.
/// </summary>
public readonly struct Epilogue
{
    /// <summary>Multiplies each channel, [out].</summary>
    public Weight? Scale { get; init; }

    /// <summary>Added to each channel, [out].</summary>
    public Weight? Bias { get; init; }

    /// <summary>Batch norm over the channels.</summary>
    public BatchNormWeights? Norm { get; init; }

    /// <summary>Applied to each element.</summary>
    public Activation Activation { get; init; }

    /// <summary>Added at the end, [rows, out].</summary>
    public Tensor Residual { get; init; }

    /// <summary>True when nothing follows.</summary>
    public bool IsNone => Scale is null && Bias is null && Norm is null && Activation == Activation.None && Residual.IsNone;
}
