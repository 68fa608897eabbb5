using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Widens a vector's worth of two numbers of k, as <see cref="HalfPanels"/> stores them: the first of each lane, or the second.</summary>
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
    public static Vector512<float> Lower(byte* pairs)
    {
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load((ushort*)pairs));
        return Halves.Widen(Vector512.Create(low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Upper(byte* pairs) => Lower(pairs + 2 * Panel.Lanes);
}

readonly unsafe struct Halves256 : IPairReader<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lower(byte* pairs)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load((ushort*)pairs));
        return Halves.Widen(Vector256.Create(low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Upper(byte* pairs) => Lower(pairs + 2 * Panel.Lanes);
}
