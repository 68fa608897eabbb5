namespace Sensorium.Conformance.Support;

/// <summary>Where the repository and what stands beside it are.</summary>
static class Repository
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The bundles that the repository carries.</summary>
    public static string Bundles => Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles");

    /// <summary>All bundles, where they stand beside the repository.</summary>
    public static string Shared => Path.GetFullPath(Path.Combine(Root, "..", "shared", "conformance"));

    static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sensorium.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
