using System.Globalization;

namespace Sensorium.Weights;

/// <summary>What a tensor of a GGUF file does, as far as quantisation asks (llama.cpp, llama-quant.cpp, <c>tensor_category</c>).</summary>
enum TensorKind
{
    TokenEmbedding,
    Output,
    AttentionQ,
    AttentionK,
    AttentionV,
    AttentionQkv,
    AttentionKvB,
    AttentionOutput,
    FfnUp,
    FfnGate,
    FfnDown,
    Other,
}

/// <summary>Reads the names of GGUF tensors.</summary>
static class TensorKinds
{
    // Small, and their exactness matters: routers, positions, token types, relative biases, norms, convolutions.
    static readonly string[] NeverQuantized =
    [
        "_norm.weight", "ffn_gate_inp.weight", "altup", "laurel", "per_layer_model_proj", "ssm_conv1d", "shortconv.conv.weight",
        "time_mix_first.weight", "time_mix_w", "time_mix_v", "time_mix_a", "time_mix_g", "time_mix_decay_w", "time_mix_lerp_fused.weight",
        "attn_rel_b.weight", ".position_embd", ".rel_pos", ".patch_embd", ".patch_merger",
    ];

    public static TensorKind Of(string name) => name switch
    {
        "output.weight" => TensorKind.Output,
        "token_embd.weight" or "per_layer_token_embd.weight" => TensorKind.TokenEmbedding,
        _ when Has(name, "attn_qkv.weight") => TensorKind.AttentionQkv,
        _ when Has(name, "attn_kv_b.weight") => TensorKind.AttentionKvB,
        _ when Has(name, "attn_v.weight") => TensorKind.AttentionV,
        _ when Has(name, "attn_k.weight") => TensorKind.AttentionK,
        _ when Has(name, "attn_q.weight") => TensorKind.AttentionQ,
        _ when Has(name, "attn_output.weight") => TensorKind.AttentionOutput,
        _ when Has(name, "ffn_up") => TensorKind.FfnUp,
        _ when Has(name, "ffn_gate") => TensorKind.FfnGate,
        _ when Has(name, "ffn_down") => TensorKind.FfnDown,
        _ => TensorKind.Other,
    };

    /// <summary>Whether blocks may hold it.</summary>
    public static bool MayBeQuantized(string name, int dimensions) =>
        dimensions >= 2
        && name.EndsWith("weight", StringComparison.Ordinal)
        && name is not ("position_embd.weight" or "token_types.weight")
        && !Array.Exists(NeverQuantized, part => Has(name, part));

    /// <summary>Whether it is float32 even where the matrices are F16 or BF16 (llama.cpp, convert_hf_to_gguf.py).</summary>
    public static bool IsAlwaysFloat32(string name, int dimensions) =>
        dimensions <= 1
        || !name.EndsWith(".weight", StringComparison.Ordinal)
        || name is "position_embd.weight" or "token_types.weight"
        || Has(name, "_norm.weight")
        || Has(name, "ffn_gate_inp.weight");

    /// <summary>The layer of a decoder's tensor, <c>blk.N.…</c>; −1 for all others.</summary>
    public static int LayerOf(string name)
    {
        if (!name.StartsWith("blk.", StringComparison.Ordinal))
            return -1;
        const int at = 4;
        int end = at;
        while (end < name.Length && end - at < 9 && char.IsAsciiDigit(name[end]))
            end++;
        return end > at ? int.Parse(name.AsSpan(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture) : -1;
    }

    static bool Has(string name, string part) => name.Contains(part, StringComparison.Ordinal);
}
