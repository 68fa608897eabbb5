using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Some bits of a quad's integers and where they lie: quad &amp; <see cref="Mask"/> = (plane >> <see cref="Shift"/>) &amp; <see cref="Mask"/>.</summary>
/// <param name="Plane">Which 64 bytes of the block.</param>
/// <param name="Shift">By how many bits they are to the left there.</param>
/// <param name="Mask">Which bits of the integer.</param>
/// <remarks>
/// Most quads lie whole in the lowest bits of a plane, where a mask alone takes them out; the bits that are left over above
/// them make up the others, of one plane's as many as fit.
/// </remarks>
readonly record struct QuadPiece(int Plane, int Shift, byte Mask)
{
    static readonly Dictionary<Planes, QuadPiece[][]> All = new()
    {
        [Planes.TwoBits] = [.. Enumerable.Range(0, 8).Select(quad => new QuadPiece[] { new(quad / 4, 2 * (quad % 4), 0x03) })],
        [Planes.ThreeBits] =
        [
            [new(0, 0, 0x07)], [new(0, 3, 0x07)], [new(1, 0, 0x07)], [new(1, 3, 0x07)], [new(2, 0, 0x07)], [new(2, 3, 0x07)],
            [new(0, 6, 0x03), new(2, 4, 0x04)],
            [new(1, 6, 0x03), new(2, 5, 0x04)],
        ],
        [Planes.FourBits] = [.. Enumerable.Range(0, 8).Select(quad => new QuadPiece[] { new(quad % 4, quad / 4 * 4, 0x0f) })],
        [Planes.FiveBits] =
        [
            [new(0, 0, 0x1f)], [new(1, 0, 0x1f)], [new(2, 0, 0x1f)], [new(3, 0, 0x1f)], [new(4, 0, 0x1f)],
            [new(0, 5, 0x07), new(3, 3, 0x18)],
            [new(1, 5, 0x07), new(3, 2, 0x08), new(4, 1, 0x10)],
            [new(2, 5, 0x07), new(4, 3, 0x18)],
        ],
        [Planes.SixBits] =
        [
            [new(0, 0, 0x3f)], [new(1, 0, 0x3f)], [new(2, 0, 0x3f)],
            [new(0, 6, 0x03), new(1, 4, 0x0c), new(2, 2, 0x30)],
            [new(3, 0, 0x3f)], [new(4, 0, 0x3f)], [new(5, 0, 0x3f)],
            [new(3, 6, 0x03), new(4, 4, 0x0c), new(5, 2, 0x30)],
        ],
        [Planes.EightBits] = [.. Enumerable.Range(0, 8).Select(quad => new QuadPiece[] { new(quad, 0, 0xff) })],
    };

    /// <summary>The pieces of each of a block's eight quads, lower bits first.</summary>
    public static QuadPiece[][] Of(Planes planes) => All[planes];

    /// <summary>A piece of eight outputs in a register, where all that is known when the kernel is compiled.</summary>
    /// <param name="block">The block, or 32 bytes further for the other eight outputs.</param>
    /// <param name="plane"><see cref="Plane"/>.</param>
    /// <param name="shift"><see cref="Shift"/>.</param>
    /// <param name="mask"><see cref="Mask"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<byte> Half(byte* block, int plane, int shift, byte mask) =>
        (Vector256.Load(block + plane * 64).AsUInt16() >>> shift).AsByte() & Vector256.Create(mask);
}
