using System.Runtime.InteropServices;

namespace Sensorium.Tensors;

/// <summary>Blocks of native memory, large ones in huge pages where the system has such.</summary>
static unsafe partial class NativeBlock
{
    /// <summary>What every block begins at a multiple of, and its length is one of.</summary>
    public const int Alignment = 64;

    const nint HugePage = 2 << 20;
    const int AdviseHugePages = 14;

    /// <summary>Takes memory from the system; not cleared.</summary>
    /// <param name="bytes">How many are wanted.</param>
    /// <param name="held">How many were taken.</param>
    public static byte* Allocate(nint bytes, out nint held)
    {
        bool huge = bytes >= 2 * HugePage;
        held = huge ? (bytes + HugePage - 1) & -HugePage : Math.Max(Aligned(bytes), Alignment);
        byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)held, (nuint)(huge ? HugePage : Alignment));
        if (huge && OperatingSystem.IsLinux())
        {
            // Fewer faults while it is filled and fewer misses of the address cache while it is read; without it all is the same.
            _ = madvise(block, (nuint)held, AdviseHugePages);
        }

        return block;
    }

    /// <summary>Gives it back.</summary>
    public static void Free(void* block) => NativeMemory.AlignedFree(block);

    /// <summary>So many bytes in whole units of <see cref="Alignment"/>.</summary>
    public static nint Aligned(nint bytes) => (bytes + Alignment - 1) & -Alignment;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int madvise(void* address, nuint length, int advice);
}
