using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Scalar;

/// <summary>Keys and values in float64, laid out as <see cref="KvPool"/> says.</summary>
sealed unsafe class ScalarKvPool(KvLayout layout, int capacity) : KvPool(layout, DType.F64, capacity)
{
    readonly List<nint> pages = [];

    /// <summary>A head's keys in a page, <c>[KeySize, PageRows]</c>.</summary>
    public double* Keys(int page, int layer, int head)
    {
        nint perHead = (nint)PageRows * (Layout.KeySize + Layout.ValueSize);
        return (double*)pages[page] + ((nint)layer * Layout.Heads + head) * perHead;
    }

    /// <summary>A head's values in a page, <c>[PageRows, ValueSize]</c>.</summary>
    public double* Values(int page, int layer, int head) => Keys(page, layer, head) + (nint)PageRows * Layout.KeySize;

    protected override void Grow(int page)
    {
        nint memory = (nint)NativeMemory.AllocZeroed((nuint)PageBytes);
        if (page == pages.Count)
        {
            pages.Add(memory);
            return;
        }

        pages[page] = memory;
    }

    protected override void Drop(int page)
    {
        NativeMemory.Free((void*)pages[page]);
        pages[page] = 0;
    }

    public override void Copy(int from, int to) =>
        NativeMemory.Copy((void*)pages[from], (void*)pages[to], (nuint)PageBytes);

    protected override void Dispose(bool disposing)
    {
        foreach (nint page in pages)
        {
            NativeMemory.Free((void*)page);
        }

        pages.Clear();
    }
}
