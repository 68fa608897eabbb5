namespace Sensorium.Fuzzing;

/// <summary>Files of the repository that mutation starts from.</summary>
public static class FuzzFiles
{
    const long Largest = 64 << 10;

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The small files of a folder by name's pattern; none where the folder is not there.</summary>
    /// <param name="folder">A folder below the root.</param>
    /// <param name="pattern">As in a shell: <c>*.png</c>.</param>
    public static IReadOnlyList<byte[]> In(string folder, string pattern)
    {
        string path = Path.Combine(Root, folder);
        return !Directory.Exists(path) ? [] : [.. new DirectoryInfo(path).EnumerateFiles(pattern).Where(f => f.Length is > 0 and <= Largest).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => File.ReadAllBytes(f.FullName))];
    }

    static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sensorium.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("this runs from a checkout of the repository only");
    }
}
