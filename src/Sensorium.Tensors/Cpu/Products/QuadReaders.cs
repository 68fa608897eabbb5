using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>One quad of packed integers, unpacked in a register: <see cref="QuadPiece"/> for code that is compiled ahead.</summary>
unsafe interface IQuadReader
{
    /// <summary>What the planes of a block take.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>Half of a quad: four inputs of eight outputs.</summary>
    /// <param name="block">The block, or 32 bytes further for the other eight outputs.</param>
    /// <param name="quad">0 … 7, known when the kernel is compiled.</param>
    static abstract Vector256<byte> Quad(byte* block, int quad);
}

readonly unsafe struct TwoBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.TwoBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad) => QuadPiece.Half(block, quad / 4, 2 * (quad % 4), 0x03);
}

readonly unsafe struct ThreeBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.ThreeBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad) => quad < 6
        ? QuadPiece.Half(block, quad / 2, 3 * (quad % 2), 0x07)
        : QuadPiece.Half(block, quad - 6, 6, 0x03) | QuadPiece.Half(block, 2, quad - 2, 0x04);
}

readonly unsafe struct FourBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.FourBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad) => QuadPiece.Half(block, quad % 4, quad / 4 * 4, 0x0f);
}

readonly unsafe struct IndexQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.FourBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad)
    {
        Vector128<byte> table = Vector128.Create(QuadPlanes.NonLinear);
        Vector256<byte> indices = FourBitQuads.Quad(block, quad);
        return Avx2.IsSupported
            ? Avx2.Shuffle(Vector256.Create(table, table), indices)
            : Vector256.Create(Vector128.Shuffle(table, indices.GetLower()), Vector128.Shuffle(table, indices.GetUpper()));
    }
}

readonly unsafe struct FiveBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.FiveBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad) => quad switch
    {
        < 5 => QuadPiece.Half(block, quad, 0, 0x1f),
        6 => QuadPiece.Half(block, 1, 5, 0x07) | QuadPiece.Half(block, 3, 2, 0x08) | QuadPiece.Half(block, 4, 1, 0x10),
        _ => QuadPiece.Half(block, quad - 5, 5, 0x07) | QuadPiece.Half(block, quad == 5 ? 3 : 4, 3, 0x18),
    };
}

readonly unsafe struct SixBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.SixBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad)
    {
        int first = quad / 4 * 3;
        return quad % 4 < 3
            ? QuadPiece.Half(block, first + quad % 4, 0, 0x3f)
            : QuadPiece.Half(block, first, 6, 0x03) | QuadPiece.Half(block, first + 1, 4, 0x0c) | QuadPiece.Half(block, first + 2, 2, 0x30);
    }
}

readonly unsafe struct EightBitQuads : IQuadReader
{
    public static int BlockBytes => (int)Planes.EightBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad(byte* block, int quad) => Vector256.Load(block + quad * 64);
}
