using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Which type each tensor of a quantised model gets (llama.cpp, llama-quant.cpp, without importance matrix and without the S, M, L mixes).</summary>
public static class TensorTypes
{
    /// <summary>The type of one tensor.</summary>
    /// <param name="wanted">What the model is quantised to.</param>
    /// <param name="hubName">The tensor's hub name.</param>
    /// <param name="role">How it is used.</param>
    /// <param name="shape">Its sizes, outermost first.</param>
    public static DType Choose(DType wanted, string hubName, WeightRole role, ReadOnlySpan<long> shape)
    {
        if (role is WeightRole.Vector || shape.Length < 2)
            return DType.F32;
        if (!wanted.IsQuantized())
            return role is WeightRole.Convolution && wanted is DType.BF16 ? DType.F32 : wanted;
        if (role is WeightRole.Convolution || shape.Length != 2)
            return DType.F16;
        long row = shape[^1];
        bool isHead = role is WeightRole.TableAndMatrix || hubName is "lm_head.weight" || hubName.EndsWith(".lm_head.weight", StringComparison.Ordinal);
        if (isHead && wanted is not DType.Q8_0)
            wanted = row % 256 == 0 ? DType.Q6_K : DType.Q8_0;
        return Fitting(wanted, row);
    }

    /// <summary>The type itself where a row is a whole number of its blocks, else the nearest with blocks of 32, else F16.</summary>
    public static DType Fitting(DType type, long rowLength)
    {
        if (rowLength % type.BlockSize() == 0)
            return type;
        DType smaller = type switch
        {
            DType.Q4_K => DType.Q5_0,
            DType.Q5_K => DType.Q5_1,
            DType.Q6_K => DType.Q8_0,
            DType.Q2_K or DType.Q3_K or DType.TQ1_0 or DType.TQ2_0 or DType.Q1_0 or DType.Q2_0 => DType.Q4_0,
            _ => DType.IQ4_NL,
        };
        return rowLength % smaller.BlockSize() == 0 ? smaller : DType.F16;
    }
}
