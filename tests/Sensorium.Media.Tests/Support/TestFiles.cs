namespace Sensorium.Media.Tests.Support;

/// <summary>Where test data stands: beside the tests, and in the conformance bundles.</summary>
static class TestFiles
{
    static readonly string Root = FindRoot();

    public static string Data(params string[] parts) => Path.Combine([Root, "tests", "Sensorium.Media.Tests", "data", .. parts]);

    /// <summary>A bundle's folder: the repository's, else the one in the folder shared beside it; null where it is in neither.</summary>
    public static string? Bundle(string name)
    {
        string own = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", name);
        if (Directory.Exists(own))
        {
            return own;
        }

        return Shared("conformance", name);
    }

    /// <summary>A file or folder in the folder "shared" that stands beside the repository or further up; null where it is not there.</summary>
    public static string? Shared(params string[] parts)
    {
        for (string? at = Path.GetDirectoryName(Root); at is not null; at = Path.GetDirectoryName(at))
        {
            string path = Path.Combine([at, "shared", .. parts]);
            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    static string FindRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Sensorium.slnx")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
