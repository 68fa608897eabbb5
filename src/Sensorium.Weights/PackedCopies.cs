using System.Globalization;
using System.Text.RegularExpressions;

namespace Sensorium.Weights;

/// <summary>
/// The folder with packed copies of checkpoints: what a device made of a checkpoint's tensors at the first load, in one file
/// that later loads map instead of reading and packing the tensors again. A copy is known by its key (<see cref="PackedKey"/>),
/// so one of a file that changed, or of another build, is never found; it goes when room is needed.
/// </summary>
public sealed partial class PackedCopies
{
    /// <summary>The environment variable that names the folder, or is 0 where no copies shall be kept.</summary>
    public const string Variable = "SENSORIUM_PACKED";

    const string Extension = ".packed";
    const string Partial = ".partial";

    // Below this, packing takes less time than anyone notices.
    const long LeastCheckpoint = 64L << 20;
    // Whole multiples of a large page at a time, so that the system keeps and maps the file in such.
    const int WriteBytes = 8 << 20;
    const long MostHeld = 64L << 30;
    const int ShareOfDisk = 4;

    readonly long least;
    readonly long? most;

    /// <summary>Copies in a folder, which is made when there is one to be kept.</summary>
    /// <param name="folder">Its path.</param>
    public PackedCopies(string folder)
        : this(folder, LeastCheckpoint, null)
    {
    }

    /// <param name="folder">Its path.</param>
    /// <param name="least">Bytes of the smallest checkpoint that is kept.</param>
    /// <param name="most">Bytes of all copies; null: what the disk allows.</param>
    internal PackedCopies(string folder, long least, long? most = null)
    {
        Folder = folder;
        this.least = least;
        this.most = most;
    }

    /// <summary>The user's own, in <c>sensorium/packed</c> of the user's cache or where SENSORIUM_PACKED says; null where there are to be none.</summary>
    /// <exception cref="ArgumentException">The variable is neither 0 nor a whole path.</exception>
    public static PackedCopies? OfUser => Of(UserFolders.Variable(Variable));

    internal static PackedCopies? Of(string? variable) => variable switch
    {
        "0" => null,
        null => UserFolders.Cache is { } cache ? new PackedCopies(Path.Combine(cache, "sensorium", "packed")) : null,
        _ when Path.IsPathFullyQualified(variable) => new PackedCopies(variable),
        _ => throw new ArgumentException($"{Variable}={variable}: give the whole path of the folder for packed copies of weights, or 0 for none"),
    };

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Bytes of all copies.</summary>
    public long HeldBytes => Copies().Sum(copy => copy.Length);

    /// <summary>Waits until the copies that this process is writing are whole (or given up).</summary>
    public static void Settle() => PackedWriting.Settle();

    /// <summary>Whether a checkpoint is large enough to be worth a copy.</summary>
    internal bool Wants(long checkpointBytes) => checkpointBytes >= least;

    /// <summary>The file of a copy, there or not.</summary>
    internal string PathOf(string key) => Path.Combine(Folder, key + Extension);

    /// <summary>Says that a copy was used now: those that were not for the longest time go first.</summary>
    internal static void Touch(string path) => AtomicFile.Quietly(() => File.SetLastWriteTimeUtc(path, DateTime.UtcNow));

    /// <summary>Removes a copy that is not what it should be.</summary>
    internal void Remove(string key) => AtomicFile.Quietly(() => File.Delete(PathOf(key)));

    /// <summary>
    /// Writes a copy under a name of its own and gives it its right name when it is whole and on the disk. Nothing is written
    /// where it is there, where another is writing it, or where there is no room.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; nothing of it is left.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    internal void Add(string key, long bytes, Action<FileStream> write)
    {
        CreateFolder();
        if (File.Exists(PathOf(key)) || IsBeingWritten(key) || !MakeRoom(bytes))
            return;
        string partial = string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}.{Environment.ProcessId}{Partial}");
        try
        {
            using (FileStream stream = Create(partial, bytes))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, PathOf(key), overwrite: true);
        }
        finally
        {
            AtomicFile.Quietly(() => File.Delete(partial));
        }
    }

    void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Folder);
        else
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>A file that nobody else can open while it is written; its room is taken at once.</summary>
    static FileStream Create(string path, long bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = WriteBytes, PreallocationSize = bytes };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    /// <summary>Whether a process is writing a copy of this key; what processes left that ended while writing is removed.</summary>
    bool IsBeingWritten(string key)
    {
        bool isWritten = false;
        foreach (FileInfo file in Files(PartialName()))
        {
            try
            {
                using (new FileStream(file.FullName, FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }

                file.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                isWritten |= file.Name.StartsWith(key, StringComparison.Ordinal);
            }
        }

        return isWritten;
    }

    /// <summary>Removes the copies that were not used for the longest time, until another finds room; false where it cannot.</summary>
    bool MakeRoom(long bytes)
    {
        FileInfo[] copies = [.. Copies().OrderBy(copy => copy.LastWriteTimeUtc)];
        long held = copies.Sum(copy => copy.Length);
        long allowed = most ?? Math.Min(MostHeld, (new DriveInfo(Folder).AvailableFreeSpace + held) / ShareOfDisk);
        if (bytes > allowed)
            return false;
        foreach (FileInfo copy in copies)
        {
            if (held + bytes <= allowed)
                break;
            long freed = copy.Length;
            AtomicFile.Quietly(copy.Delete);
            held -= copy.Exists ? 0 : freed;
        }

        return held + bytes <= allowed;
    }

    IEnumerable<FileInfo> Copies() => Files(CopyName());

    FileInfo[] Files(Regex name)
    {
        try
        {
            return Directory.Exists(Folder) ? [.. new DirectoryInfo(Folder).EnumerateFiles().Where(file => name.IsMatch(file.Name))] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\.packed$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CopyName();

    [GeneratedRegex(@"^[0-9a-f]{64}\.packed\.[0-9]+\.partial$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PartialName();
}
