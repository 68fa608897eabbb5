namespace Sensorium.Media.Tests.Support;

/// <summary>Where test data stands: beside the tests, and in the conformance bundles.</summary>
static class TestFiles
{
    static readonly string Root = FindRoot();

    /// <summary>A file of PngSuite.</summary>
    public static string Png(string file) => Path.Combine(Root, "tests", "Sensorium.Conformance", "media", "png", file);

    /// <summary>A file or folder of the test data for JPEG.</summary>
    public static string Jpeg(string file) => Path.Combine(Root, "tests", "Sensorium.Media.Tests", "data", "jpeg", file);

    /// <summary>A bundle's folder, which the repository carries.</summary>
    public static string Bundle(string name) => Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", name);

    /// <summary>A file of a model that the repository carries.</summary>
    public static string Model(string model, string file) => Path.Combine(Root, "models", model, file);

    /// <summary>
    /// A file that a bundle names from outside its folder: in the conformance tests' own folders, or in the folder "shared"
    /// beside the repository or further up; null where it is in neither.
    /// </summary>
    public static string? Outside(string file)
    {
        string own = Path.Combine(Root, "tests", "Sensorium.Conformance", file);
        if (File.Exists(own))
        {
            return own;
        }

        for (string? at = Path.GetDirectoryName(Root); at is not null; at = Path.GetDirectoryName(at))
        {
            string path = Path.Combine(at, "shared", file);
            if (File.Exists(path))
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
