using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Between packed integers and quads of bytes; see <see cref="Planes"/>.</summary>
static unsafe class QuadPlanes
{
    // IQ4_NL's non-linear steps (ggml-common.h, kvalues_iq4nl), plus 128.
    internal static ReadOnlySpan<byte> NonLinear => [1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241];

    static readonly Dictionary<Planes, Share[][]> Shares = Enum.GetValues<Planes>().ToDictionary(planes => planes, SharesOf);

    /// <summary>Unpacks blocks to eight quads each.</summary>
    public static void Unpack(Planes planes, bool isIndex, byte* from, nint blocks, byte* quads)
    {
        switch (planes)
        {
            case Planes.TwoBits: Unpack<TwoBitQuads>(from, blocks, quads); break;
            case Planes.ThreeBits: Unpack<ThreeBitQuads>(from, blocks, quads); break;
            case Planes.FourBits when isIndex: Unpack<IndexQuads>(from, blocks, quads); break;
            case Planes.FourBits: Unpack<FourBitQuads>(from, blocks, quads); break;
            case Planes.FiveBits: Unpack<FiveBitQuads>(from, blocks, quads); break;
            case Planes.SixBits: Unpack<SixBitQuads>(from, blocks, quads); break;
            default: Unpack<EightBitQuads>(from, blocks, quads); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Unpack<TQuads>(byte* from, nint blocks, byte* quads)
        where TQuads : struct, IQuadReader
    {
        for (; blocks > 0; blocks--, from += TQuads.BlockBytes, quads += 512)
        {
            for (int half = 0; half < 64; half += 32)
            {
                TQuads.Quad(from + half, 0).Store(quads + half);
                TQuads.Quad(from + half, 1).Store(quads + half + 64);
                TQuads.Quad(from + half, 2).Store(quads + half + 128);
                TQuads.Quad(from + half, 3).Store(quads + half + 192);
                TQuads.Quad(from + half, 4).Store(quads + half + 256);
                TQuads.Quad(from + half, 5).Store(quads + half + 320);
                TQuads.Quad(from + half, 6).Store(quads + half + 384);
                TQuads.Quad(from + half, 7).Store(quads + half + 448);
            }
        }
    }

    /// <summary>Packs one block of eight quads, whose bytes hold no more bits than the planes do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(Planes planes, byte* quads, byte* to)
    {
        foreach (Share[] plane in Shares[planes])
        {
            Vector256<byte> low = default, high = default;
            foreach (Share share in plane)
            {
                byte* from = quads + share.Quad * 64;
                Vector256<byte> mask = Vector256.Create(share.Mask);
                low |= ((Vector256.Load(from) & mask).AsUInt16() << share.Shift).AsByte();
                high |= ((Vector256.Load(from + 32) & mask).AsUInt16() << share.Shift).AsByte();
            }

            low.Store(to);
            high.Store(to + 32);
            to += 64;
        }
    }

    static Share[][] SharesOf(Planes planes)
    {
        QuadPiece[][] pieces = QuadPiece.Of(planes);
        return [.. Enumerable.Range(0, (int)planes / 64).Select(plane => pieces
            .SelectMany((quad, i) => quad.Where(piece => piece.Plane == plane).Select(piece => new Share(i, piece.Shift, piece.Mask)))
            .ToArray())];
    }

    /// <summary>What a plane holds of a quad.</summary>
    readonly record struct Share(int Quad, int Shift, byte Mask);
}
