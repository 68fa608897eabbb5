using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Formats;

/// <summary>Doubles and integers, of any alignment, as float32 (rounded to nearest where they do not fit).</summary>
static unsafe class Numbers
{
    public static void FromF64(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = (float)Unsafe.ReadUnaligned<double>(source + 8 * i);
    }

    public static void ToF64(float* source, byte* destination, long count)
    {
        for (long i = 0; i < count; i++)
            Unsafe.WriteUnaligned(destination + 8 * i, (double)source[i]);
    }

    public static void FromI64(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<long>(source + 8 * i);
    }

    public static void FromI32(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<int>(source + 4 * i);
    }

    public static void FromI16(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<short>(source + 2 * i);
    }

    public static void FromI8(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = (sbyte)source[i];
    }

    public static void FromU64(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<ulong>(source + 8 * i);
    }

    public static void FromU32(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<uint>(source + 4 * i);
    }

    public static void FromU16(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = Unsafe.ReadUnaligned<ushort>(source + 2 * i);
    }

    public static void FromU8(byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = source[i];
    }
}
