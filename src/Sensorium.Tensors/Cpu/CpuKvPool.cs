using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>Pages of float32 or float16 in native memory.</summary>
sealed unsafe class CpuKvPool : KvPool
{
    readonly List<nint> pages = [];

    public CpuKvPool(KvLayout layout, DType type, int capacity)
        : base(layout, type, capacity)
    {
        if (type is not (DType.F32 or DType.F16))
        {
            throw new ArgumentException($"keys and values are kept as F32 or F16, not {type}", nameof(type));
        }
    }

    /// <summary>Where a layer of a page begins: <c>[Heads][keys, values]</c>.</summary>
    public byte* Layer(int page, int layer) =>
        (byte*)pages[page] + (nint)layer * Layout.Heads * (Layout.KeySize + Layout.ValueSize) * PageRows * Type.BlockBytes();

    protected override void Grow(int page)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)PageBytes, 64);
        NativeMemory.Clear(memory, (nuint)PageBytes);
        if (page == pages.Count)
        {
            pages.Add((nint)memory);
            return;
        }

        pages[page] = (nint)memory;
    }

    protected override void Drop(int page)
    {
        NativeMemory.AlignedFree((void*)pages[page]);
        pages[page] = 0;
    }

    public override void Copy(int from, int to) =>
        NativeMemory.Copy((void*)pages[from], (void*)pages[to], (nuint)PageBytes);

    protected override void Dispose(bool disposing)
    {
        foreach (nint page in pages)
        {
            NativeMemory.AlignedFree((void*)page);
        }

        pages.Clear();
    }
}
