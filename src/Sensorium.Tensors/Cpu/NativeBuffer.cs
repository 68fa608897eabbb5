using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>Native memory for as long as this object is reachable.</summary>
sealed unsafe partial class NativeBuffer : SafeHandle
{
    const nint HugePage = 2 << 20;
    const int AdviseHugePages = 14;

    /// <param name="bytes">How many; not cleared.</param>
    public NativeBuffer(nint bytes)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
        bool huge = bytes >= 2 * HugePage;
        nint size = huge ? (bytes + HugePage - 1) & -HugePage : Math.Max(bytes, 64);
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)size, (nuint)(huge ? HugePage : 64)));
        if (huge && OperatingSystem.IsLinux())
        {
            // Fewer faults while packing and fewer misses of the address cache while streaming; without it all is the same.
            _ = madvise((void*)handle, (nuint)size, AdviseHugePages);
        }

        GC.AddMemoryPressure(size);
        Held = size;
    }

    /// <summary>The first byte, at least 64-byte aligned.</summary>
    public byte* Pointer => (byte*)handle;

    public nint Bytes { get; }

    nint Held { get; }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(Held);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int madvise(void* address, nuint length, int advice);
}
