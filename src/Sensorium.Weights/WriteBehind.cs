using System.Runtime.InteropServices;

namespace Sensorium.Weights;

/// <summary>
/// Sends what a large file has got so far to the disk while more is written: pages that wait for the disk count as memory, and
/// one flush of all of them at the end would take long. Where the system has no such call, it does as it likes.
/// </summary>
sealed partial class WriteBehind(FileStream stream)
{
    const long Range = 32 << 20;

    // linux/fs.h, SYNC_FILE_RANGE_…
    const uint WaitBefore = 1;
    const uint Write = 2;
    const uint WaitAfter = 4;

    long begun;

    /// <summary>After every write: begins to send a range that is complete, and waits for the one before it.</summary>
    public void Advance()
    {
        if (!OperatingSystem.IsLinux())
            return;
        for (; stream.Position - begun >= Range; begun += Range)
        {
            int file = (int)stream.SafeFileHandle.DangerousGetHandle();
            _ = SyncRange(file, begun, Range, Write);
            if (begun >= Range)
                _ = SyncRange(file, begun - Range, Range, WaitBefore | Write | WaitAfter);
        }
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32 | DllImportSearchPath.SafeDirectories)]
    private static partial int SyncRange(int file, long offset, long bytes, uint flags);
}
