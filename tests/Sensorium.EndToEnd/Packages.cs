using System.Xml.Linq;

namespace Sensorium.EndToEnd;

/// <summary>The repository's packages in a feed of their own, made once for the tests of a run.</summary>
public sealed class Packages : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("sensorium-packages-").FullName;

    public Packages()
    {
        Feed = Path.Combine(folder, "feed");
        if (Checkout.IsInner)
        {
            return;
        }

        Said packed = Checkout.Run(Checkout.Repository, "dotnet", ["pack", "Sensorium.slnx", "-c", "Release", "-o", Feed, "-v", "quiet", "-nologo"]);
        packed.Code.ShouldBe(0, packed.Out + packed.Error);
        packed.Out.ShouldNotContain("warning");

        // Sensorium's own packages come from this feed alone; what they depend on, from where the repository's own build has it.
        Configuration = Path.Combine(folder, "nuget.config");
        new XDocument(new XElement("configuration",
            new XElement("packageSources",
                new XElement("clear"),
                new XElement("add", new XAttribute("key", "made"), new XAttribute("value", Feed)),
                new XElement("add", new XAttribute("key", "restored"), new XAttribute("value", RestoredPackages()))),
            new XElement("packageSourceMapping",
                new XElement("packageSource", new XAttribute("key", "made"), new XElement("package", new XAttribute("pattern", "Sensorium.*"))),
                new XElement("packageSource", new XAttribute("key", "restored"), new XElement("package", new XAttribute("pattern", "*")))))).Save(Configuration);
    }

    /// <summary>The folder of the packages.</summary>
    public string Feed { get; }

    /// <summary>The NuGet configuration that knows the feed; applications in folders beside it use it by themselves.</summary>
    public string Configuration { get; } = "";

    /// <summary>A folder that is not there yet.</summary>
    public string Folder(string name) => Path.Combine(folder, name);

    /// <summary>Runs dotnet with packages extracted to nowhere but below this folder, so that no older one of the same version is taken.</summary>
    public Said Dotnet(string at, params string[] arguments) =>
        Checkout.Run(at, "dotnet", arguments, ("NUGET_PACKAGES", Folder("extracted")), ("SENSORIUM_MODELS", null));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    static string RestoredPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
