using System.Runtime.InteropServices;

namespace Sensorium.Cli.Console;

/// <summary>
/// Whether the process was given its standard streams. A closed one (<c>&lt;&amp;-</c>) leaves its number free, and the
/// runtime's own pipes and files, opened before any code of the program runs, take it: reading there waits for ever,
/// and writing goes into what the runtime needs.
/// </summary>
static class StandardDescriptor
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    // POSIX <fcntl.h>; the numbers are the same on Linux, macOS and the BSDs.
    const int GetDescriptorFlags = 1;
    const int CloseOnExec = 1;

    /// <summary>Whether the descriptor came from the caller. What came through exec is not marked to be closed by it; all that the runtime opens is.</summary>
    public static bool IsOpen(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            // Handles are not numbers that are given out again; the runtime's streams know when there is none.
            return true;
        }

        int flags = FileControl(descriptor, GetDescriptorFlags);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

#pragma warning disable SYSLIB1054 // Two integers need no generated code, which would be unsafe.
    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32 | DllImportSearchPath.SafeDirectories)]
    static extern int FileControl(int descriptor, int command);
#pragma warning restore SYSLIB1054
}
