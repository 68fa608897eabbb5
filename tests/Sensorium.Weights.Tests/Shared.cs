namespace Sensorium.Weights.Tests;

/// <summary>The folder <c>shared</c> beside the repository, where it is there.</summary>
static class Shared
{
    public static string? Find(string relative)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "shared", relative);
            if (Directory.Exists(path) || File.Exists(path))
                return path;
        }

        return null;
    }
}
