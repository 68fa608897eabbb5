using Sensorium.Tensors.Cpu;

namespace Sensorium.Models.Tests;

/// <summary>What tests of conversions work with: checkpoints to change, a device, and a folder for results.</summary>
public abstract class ConversionFixture : IDisposable
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("sensorium-convert-").FullName;

    private protected TestCheckpoints Checkpoints { get; } = new();

    private protected CpuDevice Device { get; } = new(1);

    public void Dispose()
    {
        Checkpoints.Dispose();
        Device.Dispose();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected string At(string name) => Path.Combine(Folder, name);

    private protected static string Bundle(string name) => Path.Combine(TestCheckpoints.Bundle(name), "model");
}
