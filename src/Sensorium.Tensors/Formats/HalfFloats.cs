using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Formats;

/// <summary>The two 16-bit floats.</summary>
public static unsafe class HalfFloats
{
    /// <summary>2^112: what a half's exponent bits, taken for a single's, are short of.</summary>
    const uint ExponentGap = 0x77800000;

    /// <summary>One half (IEEE binary16) as a single; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromF16(ushort half)
    {
        float magnitude = BitConverter.UInt32BitsToSingle((half & 0x7fffu) << 13) * BitConverter.UInt32BitsToSingle(ExponentGap);
        uint bits = BitConverter.SingleToUInt32Bits(magnitude);
        if ((half & 0x7c00) == 0x7c00)
            bits |= 0x7f800000;
        return BitConverter.UInt32BitsToSingle(bits | ((half & 0x8000u) << 16));
    }

    /// <summary>The half at <paramref name="p"/>, of any alignment, as a single.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ReadF16(byte* p) => FromF16(Unsafe.ReadUnaligned<ushort>(p));

    /// <summary>The bfloat16 as a single; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBF16(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>The nearest half, ties to even.</summary>
    public static ushort ToF16(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & 0x7fffffff) > 0x7f800000)
            return (ushort)((bits >> 16) | 64);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Widens halves.</summary>
    public static void FromF16(ushort* source, float* destination, long count)
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 32; i += 32)
            {
                (Vector512<int> low, Vector512<int> high) = Vector512.Widen(Vector512.Load((short*)source + i));
                WideLong(low).Store(destination + i);
                WideLong(high).Store(destination + i + 16);
            }
        }

        for (; i <= count - 16; i += 16)
        {
            (Vector256<int> low, Vector256<int> high) = Vector256.Widen(Vector256.Load((short*)source + i));
            Wide(low).Store(destination + i);
            Wide(high).Store(destination + i + 8);
        }

        for (; i < count; i++)
            destination[i] = FromF16(source[i]);

        // The sign, extended, is shifted to its place with the rest; what has the largest exponent is no number or infinite.
        static Vector512<float> WideLong(Vector512<int> half)
        {
            Vector512<int> shifted = (half << 13) & Vector512.Create(unchecked((int)0x8fffe000));
            Vector512<float> value = shifted.AsSingle() * Vector512.Create(ExponentGap).AsSingle();
            Vector512<float> special = value | Vector512.Create(0x7f800000).AsSingle();
            return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(Vector512.Abs(value), Vector512.Create(65536f)), special, value);
        }
    }

    static Vector256<float> Wide(Vector256<int> half)
    {
        Vector256<int> shifted = (half << 13) & Vector256.Create(unchecked((int)0x8fffe000));
        Vector256<float> value = shifted.AsSingle() * Vector256.Create(ExponentGap).AsSingle();
        Vector256<float> special = Vector256.GreaterThanOrEqual(Vector256.Abs(value), Vector256.Create(65536f)) & Vector256.Create(0x7f800000).AsSingle();
        return value | special;
    }

    /// <summary>Widens bfloat16 numbers.</summary>
    public static void FromBF16(ushort* source, float* destination, long count)
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 32; i += 32)
            {
                (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.Load(source + i));
                (low << 16).AsSingle().Store(destination + i);
                (high << 16).AsSingle().Store(destination + i + 16);
            }
        }

        for (; i <= count - 16; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source + i));
            (low << 16).AsSingle().Store(destination + i);
            (high << 16).AsSingle().Store(destination + i + 8);
        }

        for (; i < count; i++)
            destination[i] = FromBF16(source[i]);
    }

    /// <summary>Narrows to halves, ties to even; NaN stays NaN.</summary>
    public static void ToF16(float* source, ushort* destination, long count)
    {
        long i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i += 16)
                Vector256.Narrow(NarrowToF16(Vector256.Load(source + i)), NarrowToF16(Vector256.Load(source + i + 8))).Store(destination + i);
        }

        for (; i < count; i++)
            destination[i] = ToF16(source[i]);
    }

    static Vector256<uint> NarrowToF16(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> magnitude = bits & Vector256.Create(0x7fffffffu);

        // Below 2^-14 an addition of 1/2 shifts the bits where they belong and rounds them.
        Vector256<uint> half = Vector256.Create(0x3f000000u);
        Vector256<uint> small = (magnitude.AsSingle() + half.AsSingle()).AsUInt32() - half;

        // Else the exponent is moved by 112 and the mantissa is cut, after half a unit is added (a hair less where that keeps it even).
        Vector256<uint> normal = (magnitude + Vector256.Create(0xc8000fffu) + ((magnitude >>> 13) & Vector256<uint>.One)) >>> 13;
        Vector256<uint> infinite = Vector256.Create(0x7c00u);
        Vector256<uint> notANumber = Vector256.Create(0x7e00u) | ((magnitude & Vector256.Create(0x7fffffu)) >>> 13);

        Vector256<uint> result = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(0x38800000u)), small, normal);
        result = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x47800000u)), infinite, result);
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(magnitude, Vector256.Create(0x7f800000u)), notANumber, result);
        return result | ((bits >>> 16) & Vector256.Create(0x8000u));
    }

    /// <summary>Narrows to bfloat16, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToBF16(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
            Vector256.Narrow(RoundToBF16(Vector256.Load(source + i)), RoundToBF16(Vector256.Load(source + i + 8))).Store(destination + i);
        for (; i < count; i++)
            destination[i] = ToBF16(source[i]);
    }

    /// <summary>bfloat16 numbers in the lower halves of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> RoundToBF16(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> rounded = (bits + Vector256.Create(0x7fffu) + ((bits >>> 16) & Vector256<uint>.One)) >>> 16;
        Vector256<uint> quiet = (bits >>> 16) | Vector256.Create(64u);
        return Vector256.ConditionalSelect(Vector256.IsNaN(value).AsUInt32(), quiet, rounded);
    }

    /// <summary>bfloat16 numbers in the upper halves of the lanes; what is in the lower ones is of no use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> RoundUpper(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(0x7fffu) + ((bits >>> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.IsNaN(value).AsUInt32(), bits | Vector512.Create(64u << 16), rounded);
    }
}
