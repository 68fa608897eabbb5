using Sensorium.Fuzzing;

namespace Sensorium.Weights.Tests.Fuzz;

public sealed class WeightsFuzzTests
{
    const int Seed = 20_260_101;
    const int Rounds = 4000;

    [Fact]
    public void Mutated_gguf_files_are_read_or_named() => FuzzRun.Rounds(WeightsParsers.Gguf, Seed, Rounds);

    [Fact]
    public void Mutated_safetensors_files_are_read_or_named() => FuzzRun.Rounds(WeightsParsers.Safetensors, Seed, Rounds);

    [Fact]
    public void Mutated_indexes_are_read_or_named() => FuzzRun.Rounds(WeightsParsers.Index, Seed, Rounds);
}
