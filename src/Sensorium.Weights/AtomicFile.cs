namespace Sensorium.Weights;

/// <summary>Writes files and folders whole or not at all: under a name of their own first, renamed when they are complete.</summary>
public static class AtomicFile
{
    const string Partial = ".partial";

    /// <summary>Writes a file; an existing one is replaced only when the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => InTwoSteps(path, write, null, _ => { });

    /// <summary>
    /// Writes a file whose beginning is looked at before the rest is made: <paramref name="check"/> gets the name it has so far
    /// and throws where something is wrong with it.
    /// </summary>
    internal static void InTwoSteps(string path, Action<Stream> begin, Action<string>? check, Action<Stream> complete)
    {
        string partial = path + Partial;
        try
        {
            using (FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
                begin(stream);
            check?.Invoke(partial);
            using (FileStream stream = new(partial, FileMode.Open, FileAccess.Write, FileShare.None, 1 << 20))
                complete(stream);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e)
        {
            Quietly(() => File.Delete(partial));
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, $"cannot be written: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Writes a folder; an existing one is replaced only when the new one is whole.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="write">Writes its files into the folder that it is given.</param>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public static void WriteFolder(string path, Action<string> write)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        string partial = path + Partial, old = path + ".old";
        try
        {
            Remove(partial);
            Directory.CreateDirectory(partial);
            write(partial);
            bool replaces = Directory.Exists(path);
            if (replaces)
            {
                Remove(old);
                Directory.Move(path, old);
            }

            Directory.Move(partial, path);
            if (replaces)
                Remove(old);
        }
        catch (Exception e)
        {
            Quietly(() => Remove(partial));
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, $"cannot be written: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Refuses to begin where the disk has no room.</summary>
    /// <param name="path">The file or folder to be.</param>
    /// <param name="bytes">What it will take.</param>
    /// <exception cref="CheckpointException">There is less room.</exception>
    public static void DemandRoom(string path, long bytes)
    {
        long? free = null;
        Quietly(() => free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace);
        if (free < bytes)
            throw new CheckpointException(path, $"needs {bytes} bytes, and its disk has {free} left; free some, or name another place");
    }

    static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    // What cannot be tidied up must not hide why it had to be; a disk that tells no size is not asked.
    internal static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
        }
    }
}
