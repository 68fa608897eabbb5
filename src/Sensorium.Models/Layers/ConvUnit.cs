using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>A convolution over feature maps and what follows it: norm or bias, activation, residual.</summary>
/// <param name="weight">[out, in / groups, height, width]</param>
/// <param name="window">Kernel, stride and padding.</param>
/// <param name="epilogue">What follows.</param>
public sealed class ConvUnit(Weight weight, Window window, Epilogue epilogue) : IMapBlock
{
    /// <inheritdoc/>
    public FeatureMaps Forward(Compute c, FeatureMaps x) => c.Convolve(x, weight, window, epilogue);

    /// <summary>The same, with rows added at the end.</summary>
    public FeatureMaps Forward(Compute c, FeatureMaps x, Tensor residual) => c.Convolve(
        x, weight, window, new Epilogue { Scale = epilogue.Scale, Bias = epilogue.Bias, Norm = epilogue.Norm, Activation = epilogue.Activation, Residual = residual });
}

/// <summary>
/// MobileNetV2's block: widen (1×1), depthwise, narrow (1×1, linear), around a residual where the shape allows
/// (Sandler et al. 2018, §3.3).
/// </summary>
/// <param name="expand">Widens; null where the block does not.</param>
/// <param name="depthwise">One filter a channel.</param>
/// <param name="project">Narrows.</param>
/// <param name="residual">Whether the input is added to the output.</param>
public sealed class InvertedResidual(ConvUnit? expand, ConvUnit depthwise, ConvUnit project, bool residual) : IMapBlock
{
    /// <inheritdoc/>
    public FeatureMaps Forward(Compute c, FeatureMaps x) => Narrow(c, Widen(c, x), x);

    /// <summary>The first half: the widened maps, which detectors take features from.</summary>
    public FeatureMaps Widen(Compute c, FeatureMaps x) => expand?.Forward(c, x) ?? x;

    /// <summary>The second half, from the widened maps and the block's input.</summary>
    public FeatureMaps Narrow(Compute c, FeatureMaps wide, FeatureMaps x) =>
        project.Forward(c, depthwise.Forward(c, wide), residual ? x.Rows : default);
}
