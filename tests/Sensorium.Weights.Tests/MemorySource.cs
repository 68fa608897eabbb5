using System.Diagnostics.CodeAnalysis;
using Sensorium.Tensors;

namespace Sensorium.Weights.Tests;

/// <summary>Tensors in memory.</summary>
sealed class MemorySource(params RawTensor[] tensors) : TensorSource
{
    public override string Path => "memory.safetensors";

    public override IReadOnlyList<string> Files => [];

    public override IReadOnlyList<string> Names => [.. tensors.Select(tensor => tensor.Name)];

    public override bool TryGet(string name, [NotNullWhen(true)] out RawTensor? tensor)
    {
        tensor = tensors.FirstOrDefault(tensor => tensor.Name == name);
        return tensor is not null;
    }
}
