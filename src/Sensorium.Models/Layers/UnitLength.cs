using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>x / |x|: vectors that are compared by their directions alone.</summary>
public static class UnitLength
{
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[vectors, n]</param>
    public static Tensor Of(Compute c, Tensor x) => c.Affine(c.RmsNorm(x, null, 0), 1 / MathF.Sqrt(x.Columns));
}
