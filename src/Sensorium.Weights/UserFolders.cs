namespace Sensorium.Weights;

/// <summary>Where the operating system wants a user's files to be.</summary>
static class UserFolders
{
    /// <summary>The user's home; empty where there is none.</summary>
    public static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The folder for what can be made again; null where the user has none.</summary>
    public static string? Cache =>
        OperatingSystem.IsWindows() ? Found(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData))
        : OperatingSystem.IsMacOS() ? InHome("Library", "Caches")
        : CacheOf(Variable("XDG_CACHE_HOME"));

    /// <summary>An environment variable; null where it is empty.</summary>
    public static string? Variable(string name) => Found(Environment.GetEnvironmentVariable(name));

    /// <summary>The cache by the XDG Base Directory Specification, by which a path that is not whole does not count.</summary>
    internal static string? CacheOf(string? named) => Path.IsPathFullyQualified(named ?? "") ? named : InHome(".cache");

    static string? InHome(params string[] names) => Found(Home) is { } home ? Path.Combine([home, .. names]) : null;

    static string? Found(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
