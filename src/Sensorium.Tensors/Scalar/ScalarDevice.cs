namespace Sensorium.Tensors.Scalar;

/// <summary>The reference device: one thread, float64, plain loops. Everything faster is tested against it.</summary>
public sealed class ScalarDevice : Device
{
    /// <inheritdoc/>
    public override string Description => "scalar, float64, 1 thread";

    /// <inheritdoc/>
    public override PreparedWeight Prepare(RawTensor raw, WeightRole role) => new ScalarWeight(raw);

    /// <inheritdoc/>
    public override Compute NewCompute(Numerics numerics) => new ScalarCompute(numerics);

    /// <inheritdoc/>
    public override KvPool NewKvPool(KvLayout layout, DType type, int pages) => new ScalarKvPool(layout, pages);
}
