namespace Sensorium.Cli.Verify;

/// <summary>
/// Where a bundle's paths lead: against the bundle, then against the folder that holds the folder of bundles, then, for
/// models, by the last folder's name against the repository's <c>models/</c>.
/// </summary>
sealed class BundlePaths(string bundle)
{
    const int MostLevels = 12;

    /// <summary>The file, or null where it is not there.</summary>
    public string? File(string path) => Candidates(path).FirstOrDefault(System.IO.File.Exists);

    /// <summary>The model's folder or file, or null where it is not there.</summary>
    public string? Model(string path)
    {
        string? found = Candidates(path).FirstOrDefault(Exists);
        if (found is not null)
        {
            return found;
        }

        // "../../models/nano" by its folder, "../../models/smollm2/x.gguf" by folder and file.
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string tail = System.IO.Path.HasExtension(parts[^1]) && parts.Length > 1 ? System.IO.Path.Combine(parts[^2], parts[^1]) : parts[^1];
        return ModelFolders().Select(folder => System.IO.Path.Combine(folder, tail)).FirstOrDefault(Exists);
    }

    static bool Exists(string path) => Directory.Exists(path) || System.IO.File.Exists(path);

    IEnumerable<string> Candidates(string path)
    {
        string full = System.IO.Path.GetFullPath(bundle);
        yield return System.IO.Path.GetFullPath(System.IO.Path.Combine(full, path));
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(full)) is { } above)
        {
            yield return System.IO.Path.GetFullPath(System.IO.Path.Combine(above, path));
        }
    }

    /// <summary>Every <c>models</c> on the way up from the bundle, and where models are found by name.</summary>
    IEnumerable<string> ModelFolders()
    {
        DirectoryInfo? folder = new(System.IO.Path.GetFullPath(bundle));
        for (int i = 0; i < MostLevels && folder is not null; i++, folder = folder.Parent)
        {
            yield return System.IO.Path.Combine(folder.FullName, "models");
        }

        foreach (string place in Weights.ModelLocator.Folders)
        {
            yield return place;
        }
    }
}
