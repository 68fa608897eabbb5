using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>How a checkpoint is converted.</summary>
public sealed record ConversionOptions
{
    /// <summary>What the tensors become; null: they stay as they are stored.</summary>
    public QuantMix? Mix { get; init; }

    /// <summary>Quantise what is quantised already.</summary>
    public bool Requantize { get; init; }

    /// <summary><c>tokenizer.ggml.pre</c>, where the tokenizer's own way of splitting text has no name; null: found by it.</summary>
    public string? Pre { get; init; }

    /// <summary>The most bytes of one safetensors file.</summary>
    public long ShardBytes { get; init; } = SafetensorsWriter.ShardBytes;
}

/// <summary>What came of it.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Tensors">Its tensors, in order.</param>
/// <param name="BytesBefore">Bytes of the source's tensors.</param>
/// <param name="Remarks">What was not carried over, a sentence each.</param>
public sealed record ConversionResult(string Path, IReadOnlyList<PlannedTensor> Tensors, long BytesBefore, IReadOnlyList<string> Remarks)
{
    /// <summary>Bytes of the tensors written.</summary>
    public long Bytes => Tensors.Sum(tensor => tensor.ByteLength);

    /// <summary>Numbers in all tensors.</summary>
    public long Parameters => Tensors.Sum(tensor => tensor.Elements);

    /// <summary>Bits a number takes on average.</summary>
    public double BitsPerWeight => Parameters == 0 ? 0 : 8.0 * Bytes / Parameters;
}
