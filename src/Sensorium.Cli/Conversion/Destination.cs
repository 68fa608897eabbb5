using Sensorium.Cli.Errors;
using Sensorium.Weights;

namespace Sensorium.Cli.Conversion;

/// <summary>Where a result goes, and whether it may.</summary>
static class Destination
{
    static readonly string[] ModelFiles = [".json", ".safetensors", ".jinja", ".txt", ".model", ".md", ""];

    /// <summary>A GGUF file: as told, or the model's name and the type in the current folder.</summary>
    /// <exception cref="UsageException">It is there already, or a folder is.</exception>
    public static string File(string? told, string source, string? type, bool force)
    {
        string path = told ?? $"{ModelLocator.NameOf(source)}{(type is null ? "" : "-" + type)}.gguf";
        if (Directory.Exists(path))
        {
            throw new UsageException($"{path} is a folder; -o names the .gguf file to write");
        }

        if (System.IO.File.Exists(path) && !force)
        {
            throw new UsageException($"{path} is there already; name another file with -o, or say --force to replace it");
        }

        DemandParent(path);
        return path;
    }

    /// <summary>A folder: as told, or the model's name in the current folder.</summary>
    /// <exception cref="UsageException">It is there already and not empty, or holds what is no model's.</exception>
    public static string Folder(string? told, string source, bool force)
    {
        string path = told ?? ModelLocator.NameOf(source);
        if (System.IO.File.Exists(path))
        {
            throw new UsageException($"{path} is a file; -o names the folder to write");
        }

        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).FirstOrDefault() is not null)
        {
            if (!force)
            {
                throw new UsageException($"{path} is there already; name another folder with -o, or say --force to replace it");
            }

            string? other = Directory.EnumerateFileSystemEntries(path).FirstOrDefault(entry => Directory.Exists(entry) || !ModelFiles.Contains(Path.GetExtension(entry)));
            if (other is not null)
            {
                throw new UsageException($"{path} holds {Path.GetFileName(other)}, which is no part of a model's folder, and so is not replaced; name another folder with -o");
            }
        }

        DemandParent(path);
        return path;
    }

    static void DemandParent(string path)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (!Directory.Exists(parent))
        {
            throw new UsageException($"{parent}: there is no such folder; make it first, or name another place with -o");
        }
    }
}
