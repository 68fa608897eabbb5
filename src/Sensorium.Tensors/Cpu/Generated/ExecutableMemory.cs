using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// Pages for machine code. Each piece is written to pages of its own that may be written, then these are made executable
/// and can not be written again; no page is ever both.
/// </summary>
sealed unsafe partial class ExecutableMemory : IDisposable
{
    /// <summary>All code of a device together; the kernels take some hundred kilobytes.</summary>
    public const nint MostBytes = 8 << 20;

    // mmap and mprotect (POSIX), VirtualAlloc and VirtualProtect (winnt.h).
    const int Read = 1, Write = 2, Execute = 4;
    const int Private = 2, AnonymousLinux = 0x20, AnonymousApple = 0x1000;
    const uint CommitAndReserve = 0x3000, ReleaseAll = 0x8000, PageReadWrite = 4, PageExecuteRead = 0x20;

    readonly List<(nint Address, nint Length)> pieces = [];
    nint held;

    /// <summary>Bytes of pages held.</summary>
    public long HeldBytes => held;

    /// <summary>Copies code to pages of its own and makes them executable.</summary>
    /// <returns>Where the code begins, aligned to a page.</returns>
    /// <exception cref="PlatformNotSupportedException">The system refuses executable memory, or it would be too much.</exception>
    public nint Add(ReadOnlySpan<byte> code)
    {
        nint length = (code.Length + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize;
        if (length == 0 || held + length > MostBytes)
        {
            throw new PlatformNotSupportedException($"{code.Length} bytes of code do not fit the {MostBytes} that generated kernels may take");
        }

        nint address = Map(length);
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (!Seal(address, length))
        {
            int error = Marshal.GetLastPInvokeError();
            Unmap(address, length);
            throw new PlatformNotSupportedException($"the system refuses executable memory: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        pieces.Add((address, length));
        held += length;
        return address;
    }

    /// <summary>Frees all pages; no code of them may run any more.</summary>
    public void Dispose()
    {
        foreach ((nint address, nint length) in pieces)
        {
            Unmap(address, length);
        }

        pieces.Clear();
        held = 0;
    }

    static nint Map(nint length)
    {
        nint address;
        if (OperatingSystem.IsWindows())
        {
            address = VirtualAlloc(0, (nuint)length, CommitAndReserve, PageReadWrite);
        }
        else
        {
            int anonymous = OperatingSystem.IsLinux() ? AnonymousLinux : AnonymousApple;
            address = mmap(0, (nuint)length, Read | Write, Private | anonymous, -1, 0);
            address = address == -1 ? 0 : address;
        }

        return address != 0 ? address : throw new PlatformNotSupportedException($"the system refuses {length} bytes for code: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    static bool Seal(nint address, nint length) => OperatingSystem.IsWindows()
        ? VirtualProtect(address, (nuint)length, PageExecuteRead, out _) != 0
        : mprotect(address, (nuint)length, Read | Execute) == 0;

    static void Unmap(nint address, nint length)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = VirtualFree(address, 0, ReleaseAll);
        }
        else
        {
            _ = munmap(address, (nuint)length);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint VirtualAlloc(nint address, nuint length, uint kind, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualProtect(nint address, nuint length, uint protection, out uint before);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(nint address, nuint length, uint kind);
}
