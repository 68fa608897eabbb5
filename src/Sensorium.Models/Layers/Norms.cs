using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>Root-mean-square norm (Zhang and Sennrich 2019; transformers LlamaRMSNorm).</summary>
/// <param name="at">The checkpoint's scope: holds <c>weight</c>.</param>
/// <param name="size">Channels, or a head's size where heads are normed one by one.</param>
/// <param name="epsilon">Added to the mean square.</param>
/// <param name="offset">Added to the weight (Gemma stores weight - 1).</param>
public sealed class RmsNorm(Checkpoint at, int size, float epsilon, float offset = 0)
{
    readonly Weight weight = at.Weight("weight", WeightRole.Vector, size);

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, size] or [rows, heads · size].</param>
    public Tensor Forward(Compute c, Tensor x) => c.RmsNorm(x, weight, epsilon, offset);
}

/// <summary>Layer norm (Ba et al. 2016; torch.nn.LayerNorm).</summary>
/// <param name="at">The checkpoint's scope: holds <c>weight</c> and <c>bias</c>.</param>
/// <param name="size">Channels.</param>
/// <param name="epsilon">Added to the variance.</param>
public sealed class LayerNorm(Checkpoint at, int size, float epsilon)
{
    readonly Weight weight = at.Weight("weight", WeightRole.Vector, size);
    readonly Weight bias = at.Weight("bias", WeightRole.Vector, size);

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, size]</param>
    public Tensor Forward(Compute c, Tensor x) => c.LayerNorm(x, weight, bias, epsilon);
}

/// <summary>Batch norm with running statistics, applied where the convolution before it ends (torch.nn.BatchNorm2d in eval mode).</summary>
public static class BatchNorm
{
    /// <param name="at">The checkpoint's scope: holds <c>running_mean</c>, <c>running_var</c>, <c>weight</c>, <c>bias</c>.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static BatchNormWeights Read(Checkpoint at, int channels, float epsilon) => new(
        at.Weight("running_mean", WeightRole.Vector, channels),
        at.Weight("running_var", WeightRole.Vector, channels),
        at.Weight("weight", WeightRole.Vector, channels),
        at.Weight("bias", WeightRole.Vector, channels),
        epsilon);
}
