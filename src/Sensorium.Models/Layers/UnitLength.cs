using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>x / |x|: vectors that are compared by their directions alone; one of zeros stays one (torch.nn.functional.normalize).</summary>
public static class UnitLength
{
    // Far below any length that counts: only a vector of zeros notices.
    const float Epsilon = 1e-24f;

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[vectors, n]</param>
    public static Tensor Of(Compute c, Tensor x) => c.Affine(c.RmsNorm(x, null, Epsilon / x.Columns), 1 / MathF.Sqrt(x.Columns));
}
