using Sensorium.Cli.Errors;
using Sensorium.Media;
using Sensorium.Media.Images;
using Sensorium.Models.Systems;
using Sensorium.Weights;

namespace Sensorium.Cli;

/// <summary>Files that a command line names.</summary>
static class Files
{
    const int MostNames = 4096;

    /// <summary>A picture, whose first bytes are looked at before any model is loaded.</summary>
    /// <exception cref="UsageException">There is no such file; the nearest name is told.</exception>
    /// <exception cref="MediaException">It is no picture that can be read.</exception>
    public static Picture Picture(string path)
    {
        Demand(path);
        byte[] bytes = ReadPicture(path);
        ImageDecoder.ReadHeader(bytes, path);
        return new Picture(path, bytes);
    }

    /// <summary>A picture's bytes.</summary>
    public static byte[] ReadPicture(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= ImageDecoder.MaxFileBytes
            ? File.ReadAllBytes(path)
            : throw MediaException.TooLarge(path, $"the file has {length} bytes, over the limit of {ImageDecoder.MaxFileBytes} bytes for a picture", "Scale the picture down");
    }

    /// <summary>Refuses a path where no file is.</summary>
    /// <exception cref="UsageException">There is no such file; the nearest name is told.</exception>
    public static void Demand(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"{path} is a folder; name the files in it");
        }

        if (!File.Exists(path))
        {
            throw new UsageException($"{path}: there is no such file{Hint(path)}");
        }
    }

    static string Hint(string path)
    {
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        return Directory.Exists(folder)
            ? NearestName.Hint(Path.GetFileName(path), Directory.EnumerateFiles(folder).Take(MostNames).Select(f => Path.GetFileName(f)!))
            : NearestFolder(folder);
    }

    static string NearestFolder(string folder)
    {
        string above = Path.GetDirectoryName(folder) is { Length: > 0 } parent ? parent : ".";
        return Directory.Exists(above)
            ? NearestName.Hint(Path.GetFileName(folder), Directory.EnumerateDirectories(above).Take(MostNames).Select(f => Path.GetFileName(f)!)) is { Length: > 0 } hint ? $", and no folder {folder}{hint}" : $", and no folder {folder}"
            : "";
    }
}
