using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Widens a vector's worth of 16-bit pairs: the lower number of each lane or the upper.</summary>
unsafe interface IPairReader<TVector>
{
    static abstract TVector Lower(byte* pairs);

    static abstract TVector Upper(byte* pairs);
}

readonly unsafe struct Brains512 : IPairReader<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Lower(byte* pairs) => (Vector512.Load((uint*)pairs) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Upper(byte* pairs) => (Vector512.Load((uint*)pairs) & Vector512.Create(0xffff0000u)).AsSingle();
}

readonly unsafe struct Brains256 : IPairReader<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lower(byte* pairs) => (Vector256.Load((uint*)pairs) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Upper(byte* pairs) => (Vector256.Load((uint*)pairs) & Vector256.Create(0xffff0000u)).AsSingle();
}

readonly unsafe struct Halves512 : IPairReader<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Lower(byte* pairs) => Halves.Widen(Vector512.Load((uint*)pairs) & Vector512.Create(0xffffu));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Upper(byte* pairs) => Halves.Widen(Vector512.Load((uint*)pairs) >>> 16);
}

readonly unsafe struct Halves256 : IPairReader<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lower(byte* pairs) => Halves.Widen(Vector256.Load((uint*)pairs) & Vector256.Create(0xffffu));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Upper(byte* pairs) => Halves.Widen(Vector256.Load((uint*)pairs) >>> 16);
}
