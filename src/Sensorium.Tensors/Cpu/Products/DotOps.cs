using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Eight four-byte dot products at a time; all ways give the same integers.</summary>
interface IDotOps
{
    /// <summary>Whether the unsigned bytes are taken as about 128, so that no correction for the offset is due.</summary>
    static abstract bool SubtractsOffset { get; }

    /// <summary>sum + u · s, four neighbouring bytes together: u unsigned, s signed and not -128.</summary>
    static abstract Vector256<int> Dot(Vector256<int> sum, Vector256<byte> u, Vector256<sbyte> s);
}

/// <summary>AVX-VNNI.</summary>
readonly struct DotVnni : IDotOps
{
    public static bool SubtractsOffset => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> u, Vector256<sbyte> s) => AvxVnni.MultiplyWideningAndAdd(sum, u, s);
}

/// <summary>AVX2 for bytes below 128: two products of at most 127 · 127 fit 16 bits.</summary>
readonly struct DotNarrow : IDotOps
{
    public static bool SubtractsOffset => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> u, Vector256<sbyte> s) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(u, s), Vector256<short>.One);
}

/// <summary>AVX2 for bytes about 128: the sign goes over to the other factor, since 2 · 255 · 127 would not fit 16 bits.</summary>
readonly struct DotAbout128 : IDotOps
{
    public static bool SubtractsOffset => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> u, Vector256<sbyte> s)
    {
        Vector256<sbyte> weight = (u ^ Vector256.Create((byte)0x80)).AsSByte();
        return sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Avx2.Abs(weight), Avx2.Sign(s, weight)), Vector256<short>.One);
    }
}

/// <summary>Any processor: byte after byte in 32 bits.</summary>
readonly struct DotPortable : IDotOps
{
    public static bool SubtractsOffset => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> u, Vector256<sbyte> s)
    {
        Vector256<int> a = u.AsInt32(), b = s.AsInt32(), low = Vector256.Create(255);
        sum += (a & low) * ((b << 24) >> 24);
        sum += ((a >>> 8) & low) * ((b << 16) >> 24);
        sum += ((a >>> 16) & low) * ((b << 8) >> 24);
        return sum + (a >>> 24) * (b >> 24);
    }
}
