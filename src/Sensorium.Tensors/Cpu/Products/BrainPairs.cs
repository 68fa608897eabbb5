using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>float32 numbers as pairs of bfloat16, the first in the lower half, rounded to the nearest even.</summary>
static unsafe class BrainPairs
{
    /// <summary>How many pairs so many numbers make; an odd last one has a zero beside it.</summary>
    public static nint Of(nint count) => (count + 1) / 2;

    /// <summary>Neighbours of a row become pairs.</summary>
    public static void Neighbours(float* row, nint count, uint* pairs)
    {
        ushort* brains = (ushort*)pairs;
        brains[2 * Of(count) - 1] = 0;
        HalfFloats.ToBF16(row, brains, count);
    }

    /// <summary>Sixteen pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Sixteen(Vector512<float> lower, Vector512<float> upper) =>
        HalfFloats.RoundUpper(lower) >>> 16 | HalfFloats.RoundUpper(upper) & Vector512.Create(0xffff0000u);

    /// <summary>Neighbouring rows become pairs, two of them one; an odd last one has zeros beside it.</summary>
    /// <param name="rows">[count][16]</param>
    /// <param name="count">How many rows.</param>
    /// <param name="pairs">[⌈count / 2⌉][16]</param>
    public static void Columns(float* rows, nint count, uint* pairs)
    {
        for (nint row = 0; row < count; row += 2, pairs += Panel.Lanes)
        {
            float* lower = rows + row * Panel.Lanes;
            Rows(lower, row + 1 < count ? lower + Panel.Lanes : null, Panel.Lanes, pairs);
        }
    }

    /// <summary>Two rows become one of pairs: upper[i] beside lower[i].</summary>
    /// <param name="lower">The first numbers.</param>
    /// <param name="upper">The second ones; null: zeros.</param>
    /// <param name="count">How many pairs.</param>
    /// <param name="pairs">[count]</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(float* lower, float* upper, nint count, uint* pairs)
    {
        nint i = 0;
        for (; Vector512.IsHardwareAccelerated && i <= count - 16; i += 16)
        {
            Sixteen(Vector512.Load(lower + i), upper == null ? Vector512<float>.Zero : Vector512.Load(upper + i)).Store(pairs + i);
        }

        for (; i <= count - 8; i += 8)
        {
            Vector256<uint> high = upper == null ? Vector256<uint>.Zero : HalfFloats.RoundToBF16(Vector256.Load(upper + i)) << 16;
            (HalfFloats.RoundToBF16(Vector256.Load(lower + i)) | high).Store(pairs + i);
        }

        for (; i < count; i++)
        {
            pairs[i] = HalfFloats.ToBF16(lower[i]) | (upper == null ? 0 : (uint)HalfFloats.ToBF16(upper[i]) << 16);
        }
    }
}
