using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>Memory that ends where the process may not read: a byte too far is a crash.</summary>
sealed unsafe partial class GuardedMemory : IDisposable
{
    const int Page = 4096;
    readonly nint mapped;
    readonly nint length;

    public GuardedMemory(long bytes)
    {
        nint whole = (nint)((bytes + Page - 1) / Page * Page);
        length = whole + 2 * Page;
        mapped = mmap(0, (nuint)length, 3, 0x22, -1, 0);
        mapped.ShouldNotBe(-1);
        mprotect(mapped, Page, 0).ShouldBe(0);
        mprotect(mapped + Page + whole, Page, 0).ShouldBe(0);
        Pointer = (byte*)(mapped + Page + whole - (nint)bytes);
    }

    /// <summary>Its last byte is the last before the forbidden page.</summary>
    public byte* Pointer { get; }

    public static bool IsAvailable => OperatingSystem.IsLinux();

    /// <summary>The same bytes, guarded.</summary>
    public static (RawTensor Tensor, GuardedMemory Memory) Copy(RawTensor raw)
    {
        var memory = new GuardedMemory(raw.ByteLength);
        Buffer.MemoryCopy(raw.Data, memory.Pointer, raw.ByteLength, raw.ByteLength);
        return (new RawTensor(raw.Name, raw.Type, raw.Shape.ToArray(), memory.Pointer, raw.ByteLength, memory, raw.Source), memory);
    }

    public void Dispose() => munmap(mapped, (nuint)length);

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
}
