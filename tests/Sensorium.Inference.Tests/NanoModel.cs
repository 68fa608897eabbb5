using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Inference.Tests;

/// <summary>The embedded model, loaded once for a class of tests, and pictures of its bundle.</summary>
public sealed class NanoModel : IDisposable
{
    public CpuDevice Device { get; } = new(threads: 2);

    public LanguageSystem System => system ??= ModelLoader.LoadSystem(ModelLocator.Locate("nano"), Device);

    public static byte[] Photo(int index) => File.ReadAllBytes(PhotoPath(index));

    public static string PhotoPath(int index) => Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "nano", $"photo-{index}.jpg");

    public static string Bundle(string name) => Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", name);

    static readonly string Root = FindRoot();
    LanguageSystem? system;

    public void Dispose() => Device.Dispose();

    static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sensorium.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no Sensorium.slnx above {AppContext.BaseDirectory}");
    }
}

/// <summary>Classes that share the loaded model and take turns with it.</summary>
[CollectionDefinition(nameof(NanoModel))]
public sealed class NanoCollection : ICollectionFixture<NanoModel>;
