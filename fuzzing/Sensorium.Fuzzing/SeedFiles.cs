namespace Sensorium.Fuzzing;

/// <summary>Files that mutation starts from.</summary>
static class SeedFiles
{
    const long Largest = 256 << 10;
    const int Most = 200;

    /// <summary>The files of a pattern below the repository, the large ones cut.</summary>
    public static IEnumerable<string> Find(string pattern)
    {
        string root = Root();
        string folder = Path.Combine(root, Path.GetDirectoryName(pattern.Replace("/**", "", StringComparison.Ordinal))!);
        SearchOption depth = pattern.Contains("/**/", StringComparison.Ordinal) ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly;
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, Path.GetFileName(pattern), depth).Where(f => new FileInfo(f).Length <= Largest && !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Take(Most)
            : [];
    }

    static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sensorium.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("run this from a checkout: ./fuzz");
    }
}
