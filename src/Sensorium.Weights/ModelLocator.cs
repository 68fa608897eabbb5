namespace Sensorium.Weights;

/// <summary>A model that was found by name.</summary>
/// <param name="Name">What <c>--model</c> takes.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Place">Which place it was found in, for people.</param>
public sealed record LocatedModel(string Name, string Path, string Place);

/// <summary>
/// Finds models: by path, or by name in <c>SENSORIUM_MODELS</c> (folders, separated as in PATH), the application's
/// <c>models/</c>, the user's Sensorium cache and the Hugging Face cache, in this order. Nothing is downloaded.
/// </summary>
public static class ModelLocator
{
    const int MostEntries = 4096;

    /// <summary>The folder or file of a model.</summary>
    /// <param name="model">A folder, a file, or a name (<c>nano</c>, <c>org/name</c> of the Hugging Face hub).</param>
    /// <exception cref="CheckpointException">There is none; the message lists where it was looked for and the nearest name.</exception>
    public static string Locate(string model)
    {
        if (Directory.Exists(model) || File.Exists(model))
        {
            return model;
        }

        if (model.Length > 0 && model.IndexOf('\0', StringComparison.Ordinal) < 0)
        {
            foreach ((string folder, bool isHub) in Places())
            {
                if ((isHub ? InHub(folder, model) : InFolder(folder, model)) is { } found)
                {
                    return found;
                }
            }
        }

        throw new CheckpointException(model, $"is no folder, no file and no model's name{NearestName.Hint(model, All().Select(m => m.Name))}; {Advice(Folders)}");
    }

    /// <summary>Every model that has a name, in the order of the places.</summary>
    public static IEnumerable<LocatedModel> All()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string folder, bool isHub) in Places())
        {
            foreach (LocatedModel model in isHub ? HubModels(folder) : FolderModels(folder))
            {
                if (seen.Add(model.Name))
                {
                    yield return model;
                }
            }
        }
    }

    /// <summary>What a checkpoint is called, by its path: the folder's or file's name; of the hub's cache the model's.</summary>
    public static string NameOf(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(full))
        {
            return System.IO.Path.GetFileNameWithoutExtension(full);
        }

        // models--org--name/snapshots/<commit>
        var folder = new DirectoryInfo(full);
        if (folder.Parent is { Name: "snapshots", Parent: { } cached } && cached.Name.StartsWith("models--", StringComparison.Ordinal))
        {
            return cached.Name.Split("--")[^1];
        }

        // A folder that is only called "model" says nothing.
        return folder is { Name: "model", Parent: { } parent } ? parent.Name : folder.Name;
    }

    /// <summary>The folders that are looked in, those that exist.</summary>
    public static IReadOnlyList<string> Folders => [.. Places().Select(p => p.Folder)];

    static string Advice(IReadOnlyList<string> folders) => folders.Count > 0
        ? $"looked in {string.Join(", ", folders)}. Give a path, or put the model's folder into one of these (SENSORIUM_MODELS adds more)"
        : "no folder with models is there. Give a path, or name the folder that the model's folder is in by SENSORIUM_MODELS";

    static IEnumerable<(string Folder, bool IsHub)> Places()
    {
        IEnumerable<(string Folder, bool IsHub)> places =
        [
            .. (Environment.GetEnvironmentVariable("SENSORIUM_MODELS") ?? "")
                .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(folder => (folder, false)),
            .. ApplicationFolders().Select(folder => (folder, false)),
            (System.IO.Path.Combine(UserFolders.Cache ?? "", "sensorium", "models"), false),
            (HubCache(), true),
        ];
        return places.Where(place => Directory.Exists(place.Folder));
    }

    /// <summary>Beside the application and, where it runs from a checkout, at the checkout's root.</summary>
    static IEnumerable<string> ApplicationFolders()
    {
        yield return System.IO.Path.Combine(AppContext.BaseDirectory, "models");
        for (DirectoryInfo? folder = new DirectoryInfo(AppContext.BaseDirectory).Parent; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Sensorium.slnx")))
            {
                yield return System.IO.Path.Combine(folder.FullName, "models");
                yield break;
            }
        }
    }

    static string HubCache() =>
        UserFolders.Variable("HF_HUB_CACHE")
        ?? (UserFolders.Variable("HF_HOME") is { } hf ? System.IO.Path.Combine(hf, "hub")
            : System.IO.Path.Combine(UserFolders.Variable("XDG_CACHE_HOME") ?? System.IO.Path.Combine(UserFolders.Home, ".cache"), "huggingface", "hub"));

    static string? InFolder(string folder, string name)
    {
        // A name stays inside its place: '..' or a rooted path would not.
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, name));
        if (!path.StartsWith(System.IO.Path.GetFullPath(folder) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return null;
        }

        return IsModelFolder(path) ? path : File.Exists(path + ".gguf") ? path + ".gguf" : File.Exists(path) && path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? path : null;
    }

    static string? InHub(string hub, string name)
    {
        string folder = System.IO.Path.Combine(hub, "models--" + name.Replace("/", "--", StringComparison.Ordinal));
        return name.Contains("..", StringComparison.Ordinal) || !Directory.Exists(folder) ? null : Snapshot(folder);
    }

    /// <summary>The snapshot that <c>refs/main</c> names, else the newest.</summary>
    static string? Snapshot(string folder)
    {
        string snapshots = System.IO.Path.Combine(folder, "snapshots");
        if (!Directory.Exists(snapshots))
        {
            return null;
        }

        string reference = System.IO.Path.Combine(folder, "refs", "main");
        if (File.Exists(reference) && new FileInfo(reference).Length < 256)
        {
            string named = System.IO.Path.Combine(snapshots, File.ReadAllText(reference).Trim());
            if (Directory.Exists(named))
            {
                return named;
            }
        }

        return new DirectoryInfo(snapshots).EnumerateDirectories().Take(MostEntries).OrderByDescending(d => d.LastWriteTimeUtc).FirstOrDefault()?.FullName;
    }

    static bool IsModelFolder(string folder) =>
        Directory.Exists(folder) && (File.Exists(System.IO.Path.Combine(folder, "config.json")) || Directory.EnumerateFiles(folder, "*.gguf").Any() || Directory.EnumerateFiles(folder, "*.safetensors").Any());

    static IEnumerable<LocatedModel> FolderModels(string place)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(place).Take(MostEntries).Order(StringComparer.Ordinal))
        {
            if (IsModelFolder(path))
            {
                yield return new LocatedModel(System.IO.Path.GetFileName(path), path, place);
            }
            else if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            {
                yield return new LocatedModel(System.IO.Path.GetFileNameWithoutExtension(path), path, place);
            }
        }
    }

    static IEnumerable<LocatedModel> HubModels(string hub)
    {
        foreach (string folder in Directory.EnumerateDirectories(hub, "models--*").Take(MostEntries).Order(StringComparer.Ordinal))
        {
            if (Snapshot(folder) is { } snapshot)
            {
                yield return new LocatedModel(System.IO.Path.GetFileName(folder)["models--".Length..].Replace("--", "/", StringComparison.Ordinal), snapshot, hub);
            }
        }
    }
}
