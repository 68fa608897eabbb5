using Sensorium.Fuzzing;

namespace Sensorium.Models.Tests.Fuzz;

public sealed class ModelsFuzzTests
{
    const int Seed = 20_260_101;

    [Fact]
    public void MutatedMmprojFilesAreReadOrNamed() => FuzzRun.Rounds(ModelsParsers.Mmproj, Seed, 500);

    [Fact]
    public void MutatedConfigsAreReadOrNamed() => FuzzRun.Rounds(ModelsParsers.VisionConfigs, Seed, 500);
}
