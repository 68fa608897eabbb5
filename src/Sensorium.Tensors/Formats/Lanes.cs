using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Formats;

/// <summary>The few vector steps that all block readers are made of. Products and sums stay separate, so that no tier fuses them.</summary>
static unsafe class Lanes
{
    /// <summary>y[i] = q[i]·scale, 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale16(Vector128<sbyte> q, float scale, float* y)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            (Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(q)) * Vector512.Create(scale)).Store(y);
            return;
        }

        (Vector256<float> low, Vector256<float> high) = Widen(q);
        (low * Vector256.Create(scale)).Store(y);
        (high * Vector256.Create(scale)).Store(y + 8);
    }

    /// <summary>y[i] = q[i]·scale + offset, 16 numbers, each step rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleShift16(Vector128<sbyte> q, float scale, float offset, float* y)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            Vector512<float> product = Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(q)) * Vector512.Create(scale);
            (product + Vector512.Create(offset)).Store(y);
            return;
        }

        (Vector256<float> low, Vector256<float> high) = Widen(q);
        ((low * Vector256.Create(scale)) + Vector256.Create(offset)).Store(y);
        ((high * Vector256.Create(scale)) + Vector256.Create(offset)).Store(y + 8);
    }

    /// <summary>y[i] = (point byte i)·scale, negated where bit i of <paramref name="signs"/> is set; 8 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Signed8(ulong point, int signs, float scale, float* y)
    {
        Vector256<float> values = WidenLow(Vector128.CreateScalar(point).AsSByte()) * Vector256.Create(scale);
        Vector256<int> bit = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<int> negative = Vector256.Equals(Vector256.Create(signs) & bit, bit) & Vector256.Create(int.MinValue);
        (values.AsInt32() ^ negative).AsSingle().Store(y);
    }

    /// <summary>y[i] = (point byte i + shift)·scale; 8 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Shifted8(ulong point, float shift, float scale, float* y) =>
        ((WidenLow(Vector128.CreateScalar(point).AsSByte()) + Vector256.Create(shift)) * Vector256.Create(scale)).Store(y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector256<float> Low, Vector256<float> High) Widen(Vector128<sbyte> q)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(q);
        return (Vector256.ConvertToSingle(WidenShort(low)), Vector256.ConvertToSingle(WidenShort(high)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> WidenLow(Vector128<sbyte> q) => Vector256.ConvertToSingle(WidenShort(Vector128.WidenLower(q)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> WidenShort(Vector128<short> q)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(q);
        return Vector256.Create(low, high);
    }

    /// <summary>The 4-bit halves of 16 bytes: low halves first, as ggml's blocks of 32 have them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> Low, Vector128<byte> High) Nibbles(byte* packed)
    {
        Vector128<byte> both = Vector128.Load(packed);
        return (both & Vector128.Create((byte)15), both >>> 4);
    }
}
