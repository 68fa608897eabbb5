using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Between packed integers and quads of bytes; see <see cref="Planes"/>.</summary>
static unsafe class QuadPlanes
{
    // IQ4_NL's non-linear steps (ggml-common.h, kvalues_iq4nl), plus 128.
    internal static ReadOnlySpan<byte> NonLinear => [1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241];

    /// <summary>Unpacks blocks to eight quads each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(Planes planes, bool isIndex, byte* from, nint blocks, byte* quads)
    {
        for (; blocks > 0; blocks--, from += (int)planes, quads += 512)
        {
            for (int half = 0; half < 64; half += 32)
            {
                byte* source = from + half, to = quads + half;
                switch (planes)
                {
                    case Planes.Nibbles when isIndex:
                        Nibbles(source, to);
                        LookUp(to);
                        break;
                    case Planes.Nibbles:
                        Nibbles(source, to);
                        break;
                    case Planes.NibblesAndBits:
                        Nibbles(source, to);
                        Bits(Vector256.Load(source + 256), 4, to);
                        break;
                    case Planes.NibblesAndPairs:
                        Nibbles(source, to);
                        UpperPairs(Vector256.Load(source + 256).AsUInt16(), to);
                        UpperPairs(Vector256.Load(source + 320).AsUInt16(), to + 256);
                        break;
                    case Planes.Pairs:
                        Pairs(Vector256.Load(source).AsUInt16(), to);
                        Pairs(Vector256.Load(source + 64).AsUInt16(), to + 256);
                        break;
                    case Planes.PairsAndBits:
                        Pairs(Vector256.Load(source).AsUInt16(), to);
                        Pairs(Vector256.Load(source + 64).AsUInt16(), to + 256);
                        Bits(Vector256.Load(source + 128), 2, to);
                        break;
                    default:
                        for (int quad = 0; quad < 512; quad += 64)
                        {
                            Vector256.Load(source + quad).Store(to + quad);
                        }

                        break;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Nibbles(byte* from, byte* to)
    {
        Vector256<byte> low = Vector256.Create((byte)15);
        for (int i = 0; i < 256; i += 64)
        {
            Vector256<byte> packed = Vector256.Load(from + i);
            (packed & low).Store(to + i);
            ((packed.AsUInt16() >>> 4).AsByte() & low).Store(to + i + 256);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Pairs(Vector256<ushort> packed, byte* to)
    {
        Vector256<byte> low = Vector256.Create((byte)3);
        (packed.AsByte() & low).Store(to);
        ((packed >>> 2).AsByte() & low).Store(to + 64);
        ((packed >>> 4).AsByte() & low).Store(to + 128);
        ((packed >>> 6).AsByte() & low).Store(to + 192);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void UpperPairs(Vector256<ushort> packed, byte* to)
    {
        Vector256<byte> mask = Vector256.Create((byte)0x30);
        Or((packed << 4).AsByte() & mask, to);
        Or((packed << 2).AsByte() & mask, to + 64);
        Or(packed.AsByte() & mask, to + 128);
        Or((packed >>> 2).AsByte() & mask, to + 192);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Bits(Vector256<byte> bits, int position, byte* to)
    {
        Vector256<byte> one = Vector256.Create((byte)1);
        for (int quad = 0; quad < 8; quad++)
        {
            Vector256<ushort> bit = ((bits.AsUInt16() >>> quad).AsByte() & one).AsUInt16();
            Or((bit << position).AsByte(), to + quad * 64);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Or(Vector256<byte> bits, byte* to) => (Vector256.Load(to) | bits).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void LookUp(byte* quads)
    {
        Vector128<byte> table = Vector128.Create(NonLinear);
        Vector256<byte> both = Vector256.Create(table, table);
        for (int quad = 0; quad < 512; quad += 64)
        {
            Vector256<byte> indices = Vector256.Load(quads + quad);
            Vector256<byte> values = Avx2.IsSupported
                ? Avx2.Shuffle(both, indices)
                : Vector256.Create(Vector128.Shuffle(table, indices.GetLower()), Vector128.Shuffle(table, indices.GetUpper()));
            values.Store(quads + quad);
        }
    }

    /// <summary>Packs one block of eight quads, whose bytes hold no more bits than the planes do.</summary>
    public static void Pack(Planes planes, byte* quads, byte* to)
    {
        if (planes == Planes.Bytes)
        {
            Unsafe.CopyBlockUnaligned(to, quads, 512);
            return;
        }

        bool nibbles = planes is Planes.Nibbles or Planes.NibblesAndBits or Planes.NibblesAndPairs;
        for (int i = 0; i < 64; i += 32)
        {
            if (nibbles)
            {
                Vector256<byte> low = Vector256.Create((byte)15);
                for (int quad = 0; quad < 256; quad += 64)
                {
                    ((Take(quads, quad + i) & low) | Left(Take(quads, quad + 256 + i) & low, 4)).Store(to + quad + i);
                }
            }

            if (planes is Planes.Pairs or Planes.PairsAndBits or Planes.NibblesAndPairs)
            {
                int shift = nibbles ? 4 : 0;
                byte* at = to + (nibbles ? 256 : 0) + i;
                for (int four = 0; four < 2; four++)
                {
                    Vector256<byte> pairs = Vector256<byte>.Zero;
                    for (int quad = 0; quad < 4; quad++)
                    {
                        pairs |= Left(Right(Take(quads, (four * 4 + quad) * 64 + i), shift) & Vector256.Create((byte)3), 2 * quad);
                    }

                    pairs.Store(at + four * 64);
                }
            }

            if (planes is Planes.NibblesAndBits or Planes.PairsAndBits)
            {
                int shift = nibbles ? 4 : 2;
                Vector256<byte> bits = Vector256<byte>.Zero;
                for (int quad = 0; quad < 8; quad++)
                {
                    bits |= Left(Right(Take(quads, quad * 64 + i), shift) & Vector256<byte>.One, quad);
                }

                bits.Store(to + (nibbles ? 256 : 128) + i);
            }
        }
    }

    static Vector256<byte> Take(byte* quads, int at) => Vector256.Load(quads + at);

    static Vector256<byte> Left(Vector256<byte> x, int bits) => (x.AsUInt16() << bits).AsByte();

    static Vector256<byte> Right(Vector256<byte> x, int bits) => (x.AsUInt16() >>> bits).AsByte();
}
