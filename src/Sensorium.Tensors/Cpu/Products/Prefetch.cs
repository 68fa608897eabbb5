using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Hints to fetch what is needed soon while something else is computed, where no stream that the processor could foresee leads there.</summary>
static unsafe class Prefetch
{
    const int Line = 64;

    /// <summary>Rows of a tile of 32 numbers, which lie apart, to the first-level cache.</summary>
    /// <param name="first">The first number.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">How many.</param>
    public static void Tile(float* first, nint stride, nint rows)
    {
        for (nint row = 0; Sse.IsSupported && row < rows; row++, first += stride)
        {
            Sse.Prefetch0(first);
            Sse.Prefetch0(first + Panel.Lanes);
        }
    }

    /// <summary>Bytes to the second-level cache.</summary>
    public static void Far(void* from, nint bytes)
    {
        for (nint at = 0; Sse.IsSupported && at < bytes; at += Line)
        {
            Sse.Prefetch1((byte*)from + at);
        }
    }
}
