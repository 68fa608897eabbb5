using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// Which type each tensor of a GGUF file gets, by llama.cpp's rules (llama-quant.cpp, without importance matrix): vectors, norms
/// and routers stay float32, the output matrix (or the embedding that stands for it) and what is sensitive get more bits as the
/// mix says, and a type whose blocks do not fit a row gives way to one that does.
/// </summary>
public sealed class QuantPlan
{
    readonly QuantMix mix;
    readonly bool isTied;
    readonly int layers;
    readonly int experts;
    readonly int valueMatrices;
    readonly int headsPerKv;
    int valuesSeen;
    int downsSeen;

    /// <param name="mix">What the file is quantised to.</param>
    /// <param name="names">The names of all tensors.</param>
    /// <param name="facts">What the metadata says of the model.</param>
    public QuantPlan(QuantMix mix, IReadOnlyCollection<string> names, QuantFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        this.mix = mix;
        isTied = !names.Contains("output.weight", StringComparer.Ordinal);
        layers = facts.Layers;
        experts = facts.Experts;
        headsPerKv = facts.HeadsPerKv;
        valueMatrices = names.Count(name => IsValue(TensorKinds.Of(name)));
    }

    /// <summary>The order in which llama.cpp keeps tensors, and in which the rules count them: those of no layer first, then layer by layer, by name.</summary>
    public static IEnumerable<PlannedTensor> InOrder(IEnumerable<PlannedTensor> tensors) =>
        tensors.OrderBy(tensor => TensorKinds.LayerOf(tensor.Name)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal);

    /// <summary>The type of a tensor. Ask for all of them, in the order of <see cref="InOrder"/>: some rules count.</summary>
    public DType Choose(PlannedTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        int dimensions = tensor.Shape.Length;
        if (!tensor.StoredAs.IsFloat() && !tensor.StoredAs.IsQuantized())
            return tensor.StoredAs;
        if (!mix.IsQuantized)
            return TensorKinds.IsAlwaysFloat32(tensor.Name, dimensions) ? DType.F32 : mix.Type;
        if (!TensorKinds.MayBeQuantized(tensor.Name, dimensions))
            return tensor.Type;
        DType type = mix.IsPure ? mix.Type : Sensitive(tensor);
        return TensorTypes.Fitting(type, tensor.RowLength);
    }

    DType Sensitive(PlannedTensor tensor)
    {
        TensorKind kind = TensorKinds.Of(tensor.Name);
        if (kind is TensorKind.Output || (isTied && kind is TensorKind.TokenEmbedding))
            return tensor.RowLength % mix.Type.BlockSize() != 0 || mix.Type is DType.Q8_0 ? DType.Q8_0 : DType.Q6_K;
        return kind switch
        {
            TensorKind.TokenEmbedding => mix.Type is DType.TQ1_0 or DType.TQ2_0 ? DType.Q4_K : mix.Type,
            _ when IsValue(kind) => Value(valuesSeen++),
            TensorKind.AttentionK when experts == 8 => DType.Q8_0,
            TensorKind.FfnDown => Down(experts > 1 ? TensorKinds.LayerOf(tensor.Name) : downsSeen++),
            TensorKind.AttentionOutput => Out(),
            _ => mix.Type,
        };
    }

    DType Value(int index)
    {
        // Eight experts share one attention: its matrices are a small part of the file.
        if (experts == 8)
            return DType.Q8_0;
        return mix.Name switch
        {
            "Q2_K" => headsPerKv >= 4 ? DType.Q4_K : DType.Q3_K,
            "Q3_K_M" => index < 2 ? DType.Q5_K : DType.Q4_K,
            "Q3_K_L" => DType.Q5_K,
            "IQ4_NL" or "IQ4_XS" when headsPerKv >= 4 => DType.Q5_K,
            "Q4_K_M" or "Q5_K_M" when GetsMoreBits(index, valueMatrices) => DType.Q6_K,
            "Q4_K_S" when index < 4 => DType.Q5_K,
            _ => mix.Type,
        };
    }

    DType Down(int layer) => mix.Name switch
    {
        "Q2_K" => DType.Q3_K,
        "Q3_K_M" => layer < layers / 16 ? DType.Q5_K : DType.Q4_K,
        "Q3_K_L" => DType.Q5_K,
        "Q4_K_M" or "Q5_K_M" when GetsMoreBits(layer, layers) => DType.Q6_K,
        "IQ4_NL" or "IQ4_XS" or "Q4_K_S" when layer < layers / 8 => DType.Q5_K,
        _ => mix.Type,
    };

    DType Out() => mix.Name switch
    {
        "Q2_K" or "Q3_K_S" or "Q3_K_M" or "IQ4_NL" or "IQ4_XS" or "Q4_K_S" or "Q4_K_M" when experts == 8 => DType.Q5_K,
        _ when experts == 8 => mix.Type,
        "Q2_K" => DType.Q3_K,
        "Q3_K_M" => DType.Q4_K,
        "Q3_K_L" => DType.Q5_K,
        _ => mix.Type,
    };

    static bool IsValue(TensorKind kind) => kind is TensorKind.AttentionV or TensorKind.AttentionQkv or TensorKind.AttentionKvB;

    /// <summary>The first and the last eighth of the layers, and of those between every third.</summary>
    static bool GetsMoreBits(int layer, int layers) => layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

/// <summary>What quantisation asks of a model.</summary>
/// <param name="Layers">Layers of the (decoder's) stack.</param>
/// <param name="HeadsPerKv">Query heads that share a key head.</param>
/// <param name="Experts">Experts of a layer; 0 for none.</param>
public sealed record QuantFacts(int Layers, int HeadsPerKv, int Experts)
{
    /// <summary>Reads them from a GGUF file's metadata; what it does not say counts as none.</summary>
    public static QuantFacts Read(GgufMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        string prefix = metadata.Architecture + ".";
        long heads = One(metadata, prefix + "attention.head_count"), kvHeads = One(metadata, prefix + "attention.head_count_kv");
        return new QuantFacts(
            (int)Math.Min(One(metadata, prefix + "block_count"), int.MaxValue),
            kvHeads > 0 ? (int)Math.Min(heads / kvHeads, int.MaxValue) : 1,
            (int)Math.Min(One(metadata, prefix + "expert_count"), int.MaxValue));
    }

    // Some architectures have a number for each layer; llama.cpp goes by the first.
    static long One(GgufMetadata metadata, string key) =>
        !metadata.TryGet(key, out GgufValue? value) ? 0
        : value.Type != GgufValueType.Array ? Math.Max(0, value.AsInteger())
        : value.AsIntegers() is [var first, ..] ? Math.Max(0, first) : 0;
}
