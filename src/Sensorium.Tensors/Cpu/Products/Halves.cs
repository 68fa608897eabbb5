using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>float16 to float32 in integer operations, since the runtime has no such vector instruction.</summary>
static unsafe class Halves
{
    /// <summary>Eight halves, each in the lower bits of its lane; exact, subnormals, infinities and NaN too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<uint> halves)
    {
        Vector256<uint> magnitude = halves & Vector256.Create(0x7fffu);

        // The half's exponent read with a single's bias is 112 too small.
        Vector256<float> scaled = (magnitude << 13).AsSingle() * Vector256.Create(5.192296858534828e33f);
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create(0x7c00)).AsUInt32() & Vector256.Create(0x7f800000u);
        return (scaled.AsUInt32() | special | ((halves & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>Sixteen halves, each in the lower bits of its lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<uint> halves)
    {
        Vector512<uint> magnitude = halves & Vector512.Create(0x7fffu);
        Vector512<float> scaled = (magnitude << 13).AsSingle() * Vector512.Create(5.192296858534828e33f);
        Vector512<uint> special = Vector512.GreaterThanOrEqual(magnitude.AsInt32(), Vector512.Create(0x7c00)).AsUInt32() & Vector512.Create(0x7f800000u);
        return (scaled.AsUInt32() | special | ((halves & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>Sixteen halves to sixteen singles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen16(ushort* from, float* to)
    {
        Vector256<ushort> halves = Vector256.Load(from);
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(halves);
        Widen(low).Store(to);
        Widen(high).Store(to + 8);
    }
}
