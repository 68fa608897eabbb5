using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>What a file can be quantised to, by name: a type for most matrices, and rules for the rest (llama.cpp, llama-quant.cpp and llama-quantize).</summary>
/// <param name="Name">As llama-quantize spells it.</param>
/// <param name="Type">What most matrices become.</param>
/// <param name="FileType">The number under <c>general.file_type</c> (llama.h, <c>enum llama_ftype</c>).</param>
/// <param name="IsPure">Every matrix becomes the type, none gets more bits than the others.</param>
/// <param name="About">What it does, for people.</param>
public sealed record QuantMix(string Name, DType Type, int FileType, bool IsPure, string About)
{
    /// <summary>All of them, those of most bits first.</summary>
    public static IReadOnlyList<QuantMix> All { get; } =
    [
        new("F32", DType.F32, 0, false, "not quantised"),
        new("F16", DType.F16, 1, false, "not quantised; vectors stay F32"),
        new("BF16", DType.BF16, 32, false, "not quantised; vectors stay F32"),
        new("Q8_0", DType.Q8_0, 7, false, "every matrix Q8_0"),
        new("Q6_K", DType.Q6_K, 18, false, "every matrix Q6_K"),
        new("Q5_K_M", DType.Q5_K, 17, false, "Q5_K; output, and in half the layers attn_v and ffn_down, Q6_K"),
        new("Q5_K_S", DType.Q5_K, 16, false, "Q5_K; output Q6_K"),
        new("Q5_K", DType.Q5_K, 17, true, "every matrix Q5_K"),
        new("Q5_1", DType.Q5_1, 9, false, "Q5_1; output Q6_K"),
        new("Q5_0", DType.Q5_0, 8, false, "Q5_0; output Q6_K"),
        new("Q4_K_M", DType.Q4_K, 15, false, "Q4_K; output, and in half the layers attn_v and ffn_down, Q6_K"),
        new("Q4_K_S", DType.Q4_K, 14, false, "Q4_K; output Q6_K, attn_v and ffn_down of the first layers Q5_K"),
        new("Q4_K", DType.Q4_K, 15, true, "every matrix Q4_K"),
        new("IQ4_NL", DType.IQ4_NL, 25, false, "IQ4_NL; output Q6_K, ffn_down of the first layers Q5_K"),
        new("IQ4_XS", DType.IQ4_XS, 30, false, "IQ4_XS; output Q6_K, ffn_down of the first layers Q5_K"),
        new("Q4_1", DType.Q4_1, 3, false, "Q4_1; output Q6_K"),
        new("Q4_0", DType.Q4_0, 2, false, "Q4_0; output Q6_K"),
        new("Q3_K_L", DType.Q3_K, 13, false, "Q3_K; attn_v, attn_output and ffn_down Q5_K, output Q6_K"),
        new("Q3_K_M", DType.Q3_K, 12, false, "Q3_K; attn_v, attn_output and ffn_down Q4_K, output Q6_K"),
        new("Q3_K_S", DType.Q3_K, 11, false, "Q3_K; output Q6_K"),
        new("Q3_K", DType.Q3_K, 12, true, "every matrix Q3_K"),
        new("Q2_K", DType.Q2_K, 10, false, "Q2_K; attn_v, attn_output and ffn_down Q3_K, output Q6_K"),
        new("TQ2_0", DType.TQ2_0, 37, false, "ternary, for models trained so; embeddings Q4_K, output Q6_K"),
        new("TQ1_0", DType.TQ1_0, 36, false, "ternary, for models trained so; embeddings Q4_K, output Q6_K"),
    ];

    /// <summary>Whether blocks are written at all.</summary>
    public bool IsQuantized => Type.IsQuantized();

    /// <summary>The mix of a name, in upper or lower case; null where there is none.</summary>
    public static QuantMix? Find(string name) => All.FirstOrDefault(mix => string.Equals(mix.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The mix whose name is a plain type's.</summary>
    public static QuantMix Of(DType type) => All.First(mix => mix.Type == type && string.Equals(mix.Name, type.ToString(), StringComparison.Ordinal));
}
