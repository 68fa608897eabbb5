namespace Sensorium.Tensors;

/// <summary>How exact the arithmetic is.</summary>
public enum Numerics
{
    /// <summary>Weights dequantised, activations and accumulation in float32.</summary>
    Exact,

    /// <summary>int8 activations or bf16 products where the weight's type has such a kernel.</summary>
    Fast,
}

/// <summary>What products are computed in.</summary>
public enum Arithmetic
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16 by bfloat16, summed in float32.</summary>
    BFloat16,

    /// <summary>int8 by int8, summed exactly, then scaled in float32.</summary>
    Int8,
}

/// <summary>What can be said of two of them.</summary>
public static class Arithmetics
{
    /// <summary>The one that rounds less.</summary>
    public static Arithmetic Finer(Arithmetic a, Arithmetic b) => a < b ? a : b;
}

/// <summary>The hardware: one a process. It lays weights out and makes contexts that compute on it.</summary>
public abstract class Device : IDisposable
{
    /// <summary>A short name for people: <c>CPU, AVX-512, 2 threads</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Makes the device's own copy of a weight; thread-safe, so that a checkpoint is prepared in parallel.</summary>
    public abstract PreparedWeight Prepare(RawTensor raw, WeightRole role);

    /// <summary>What its copies' bytes depend on beside the tensor and its role, the build included; null where copies cannot be kept.</summary>
    public virtual string? PackedForm => null;

    /// <summary>Takes up a copy that was packed before, as it lies; it is not read now.</summary>
    /// <param name="tensor">What was packed; its type and shape are enough.</param>
    /// <param name="role">How it is used.</param>
    /// <param name="packed">What <see cref="PreparedWeight.PackedBytes"/> was.</param>
    /// <exception cref="ArgumentException">The bytes are not those of such a tensor.</exception>
    public virtual PreparedWeight Adopt(RawTensor tensor, WeightRole role, RawTensor packed) =>
        throw new NotSupportedException($"{Description} keeps no packed copies");

    /// <summary>A new context for one thread.</summary>
    public abstract Compute NewCompute(Numerics numerics);

    /// <summary>Storage for keys and values.</summary>
    /// <param name="layout">What is kept of a token.</param>
    /// <param name="type">F32 or F16.</param>
    /// <param name="pages">The largest number of pages.</param>
    public abstract KvPool NewKvPool(KvLayout layout, DType type, int pages);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the workers and frees what the device holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
