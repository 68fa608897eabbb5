using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>A whole file, mapped read-only. The mapping lives as long as this object is reachable (raw tensors hold it) or until it is disposed.</summary>
public sealed unsafe class MappedFile : IReleasesPages, IDisposable
{
    readonly MemoryMappedFile file;
    readonly MemoryMappedViewAccessor view;
    readonly byte* start;

    MappedFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        Length = length;
        this.file = file;
        this.view = view;
        start = (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle() + view.PointerOffset;
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>The first byte; valid while this object is reachable and not disposed.</summary>
    public byte* Start => start;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointException">It is not there, empty, no regular file, or not readable.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new CheckpointException(path, "is a folder; name a file in it");
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            long length = stream.Length;
            if (length == 0)
                throw new CheckpointException(path, "is empty; download it again");
            var mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            try
            {
                MemoryMappedViewAccessor whole = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
                return new MappedFile(path, mapping, whole, length);
            }
            catch
            {
                mapping.Dispose();
                throw;
            }
        }
        catch (FileNotFoundException e)
        {
            throw new CheckpointException(path, "is not there; check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A part of the file.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(start + offset, length);
    }

    /// <summary>A part of the file that keeps the mapping alive.</summary>
    internal RawTensor Bytes(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new RawTensor("bytes", DType.U8, [length], start + offset, length, this, Path);
    }

    /// <inheritdoc/>
    public void ReleasePages(byte* data, long bytes)
    {
        // Windows trims clean mapped pages by itself; there is no call that takes a range of a view.
        if (OperatingSystem.IsWindows())
            return;
        long page = Environment.SystemPageSize;
        long first = ((long)data + page - 1) / page * page;
        long last = ((long)data + bytes) / page * page;
        if (last > first && first >= (long)start && last <= (long)start + Length)
            _ = NativeMethods.Advise((void*)first, (nuint)(last - first), NativeMethods.DontNeed);
    }

    /// <summary>Asks the system to read a range ahead of its use.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">Length of the range.</param>
    public void Prefetch(long offset, long bytes)
    {
        if (OperatingSystem.IsWindows())
            return;
        long page = Environment.SystemPageSize;
        long first = ((long)start + offset) / page * page;
        _ = NativeMethods.Advise((void*)first, (nuint)((long)start + offset + bytes - first), NativeMethods.WillNeed);
    }

    /// <summary>
    /// Brings every page into memory and into this process's tables, which a first touch of each would do one by one.
    /// Does nothing where the system cannot, or the file is large beside the memory.
    /// </summary>
    internal void Populate()
    {
        const long range = 32 << 20;
        if (!OperatingSystem.IsLinux() || Length > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2)
            return;

        // Read in large pages where it must be read; where it cannot be, all is the same.
        _ = NativeMethods.Advise(start, (nuint)Length, NativeMethods.HugePages);
        for (long at = 0; at < Length; at += range)
        {
            if (NativeMethods.Advise(start + at, (nuint)Math.Min(range, Length - at), NativeMethods.PopulateRead) != 0)
                return;
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view.Dispose();
        file.Dispose();
    }
}

/// <summary>What the mapping asks of the operating system.</summary>
static unsafe partial class NativeMethods
{
    public const int WillNeed = 3;
    public const int DontNeed = 4;

    public const int HugePages = 14;

    /// <summary>Linux, from 5.14 on.</summary>
    public const int PopulateRead = 22;

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32 | DllImportSearchPath.SafeDirectories)]
    public static partial int Advise(void* address, nuint length, int advice);
}
