using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// Takes a checkpoint's blocks (ggml-common.h) apart into integers, a byte each, and their scales in the order of
/// <see cref="QuantLayout"/>.
/// </summary>
static unsafe class StoredBlocks
{
    /// <summary>One stored block of one output.</summary>
    /// <param name="type">The checkpoint's type.</param>
    /// <param name="from">The block.</param>
    /// <param name="integers">32 or 256 bytes.</param>
    /// <param name="scales">For each 32 inputs: a half; a half and a half minimum; or two bytes.</param>
    /// <param name="super">Halves of the super-block: scale and minimum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(DType type, byte* from, byte* integers, byte* scales, ushort* super)
    {
        switch (type)
        {
            case DType.Q8_0:
                *(ushort*)scales = Half(from);
                (Vector256.Load(from + 2) ^ Vector256.Create((byte)0x80)).Store(integers);
                break;
            case DType.Q4_0 or DType.IQ4_NL:
                *(ushort*)scales = Half(from);
                Nibbles16(from + 2, integers);
                break;
            case DType.Q4_1:
                *(uint*)scales = Unsafe.ReadUnaligned<uint>(from);
                Nibbles16(from + 4, integers);
                break;
            case DType.Q5_0:
                *(ushort*)scales = Half(from);
                Nibbles16(from + 6, integers);
                FifthBits(Unsafe.ReadUnaligned<uint>(from + 2), integers);
                break;
            case DType.Q5_1:
                *(uint*)scales = Unsafe.ReadUnaligned<uint>(from);
                Nibbles16(from + 8, integers);
                FifthBits(Unsafe.ReadUnaligned<uint>(from + 4), integers);
                break;
            case DType.Q4_K:
                super[0] = Half(from);
                super[1] = Half(from + 2);
                SixBitScales(from + 4, scales);
                Nibbles32(from + 16, integers);
                break;
            case DType.Q5_K:
                super[0] = Half(from);
                super[1] = Half(from + 2);
                SixBitScales(from + 4, scales);
                Nibbles32(from + 48, integers);
                Vector256<byte> fifth = Vector256.Load(from + 16);
                for (int block = 0; block < 8; block++)
                {
                    Add(integers + 32 * block, Left((Right(fifth, block) & Vector256<byte>.One), 4));
                }

                break;
            case DType.Q6_K:
                super[0] = Half(from + 208);
                Unsafe.CopyBlockUnaligned(scales, from + 192, 16);
                SixBits(from, from + 128, integers);
                SixBits(from + 64, from + 160, integers + 128);
                break;
            case DType.Q3_K:
                super[0] = Half(from + 108);
                SignedSixBitScales(from + 96, scales);
                Pairs(from + 32, integers);
                Pairs(from + 64, integers + 128);
                Vector256<byte> third = Vector256.Load(from);
                for (int block = 0; block < 8; block++)
                {
                    Add(integers + 32 * block, Left((Right(third, block) & Vector256<byte>.One), 2));
                }

                break;
            case DType.Q2_K:
                super[0] = Half(from + 80);
                super[1] = Half(from + 82);
                Unsafe.CopyBlockUnaligned(scales, from, 16);
                Pairs(from + 16, integers);
                Pairs(from + 48, integers + 128);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a packed type");
        }
    }

    static ushort Half(byte* from) => Unsafe.ReadUnaligned<ushort>(from);

    /// <summary>Lower nibbles are the first 16, upper ones the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Nibbles16(byte* from, byte* to)
    {
        Vector128<byte> packed = Vector128.Load(from), low = Vector128.Create((byte)15);
        (packed & low).Store(to);
        ((packed.AsUInt16() >>> 4).AsByte() & low).Store(to + 16);
    }

    /// <summary>Of each 32 bytes the lower nibbles are 32 numbers, the upper ones the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Nibbles32(byte* from, byte* to)
    {
        Vector256<byte> low = Vector256.Create((byte)15);
        for (int i = 0; i < 4; i++)
        {
            Vector256<byte> packed = Vector256.Load(from + 32 * i);
            (packed & low).Store(to + 64 * i);
            (Right(packed, 4) & low).Store(to + 64 * i + 32);
        }
    }

    /// <summary>32 bytes hold 128 numbers of two bits, 32 at each shift.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Pairs(byte* from, byte* to)
    {
        Vector256<byte> packed = Vector256.Load(from), low = Vector256.Create((byte)3);
        for (int i = 0; i < 4; i++)
        {
            (Right(packed, 2 * i) & low).Store(to + 32 * i);
        }
    }

    /// <summary>128 numbers: 64 bytes of nibbles and 32 of pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SixBits(byte* nibbles, byte* pairs, byte* to)
    {
        Vector256<byte> a = Vector256.Load(nibbles), b = Vector256.Load(nibbles + 32), h = Vector256.Load(pairs);
        Vector256<byte> low = Vector256.Create((byte)15), two = Vector256.Create((byte)3);
        ((a & low) | Left(h & two, 4)).Store(to);
        ((b & low) | Left(Right(h, 2) & two, 4)).Store(to + 32);
        ((Right(a, 4) & low) | Left(Right(h, 4) & two, 4)).Store(to + 64);
        ((Right(b, 4) & low) | Left(Right(h, 6) & two, 4)).Store(to + 96);
    }

    /// <summary>Bit i becomes bit 4 of byte i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FifthBits(uint bits, byte* to)
    {
        Vector256<ulong> spread = Vector256.Create(
            (bits & 255) * 0x0101010101010101ul,
            (bits >> 8 & 255) * 0x0101010101010101ul,
            (bits >> 16 & 255) * 0x0101010101010101ul,
            (bits >> 24) * 0x0101010101010101ul);
        Vector256<byte> each = Vector256.Create(0x8040201008040201ul).AsByte();
        Vector256<byte> set = Vector256.Equals(spread.AsByte() & each, each) & Vector256.Create((byte)16);
        (Vector256.Load(to) | set).Store(to);
    }

    /// <summary>Eight scales and eight minima of six bits in twelve bytes; out come pairs of bytes.</summary>
    static void SixBitScales(byte* from, byte* to)
    {
        for (int i = 0; i < 4; i++)
        {
            to[2 * i] = (byte)(from[i] & 63);
            to[2 * i + 1] = (byte)(from[i + 4] & 63);
            to[2 * i + 8] = (byte)((from[i + 8] & 15) | (from[i] >> 6 << 4));
            to[2 * i + 9] = (byte)((from[i + 8] >> 4) | (from[i + 4] >> 6 << 4));
        }
    }

    /// <summary>Sixteen scales of six bits about 32 in twelve bytes; out come signed bytes.</summary>
    static void SignedSixBitScales(byte* from, byte* to)
    {
        for (int i = 0; i < 16; i++)
        {
            int low = i < 8 ? from[i] & 15 : from[i - 8] >> 4;
            int high = (from[8 + i % 4] >> (2 * (i / 4))) & 3;
            to[i] = (byte)((low | (high << 4)) - 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(byte* to, Vector256<byte> bits) => (Vector256.Load(to) | bits).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> Left(Vector256<byte> x, int bits) => (x.AsUInt16() << bits).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> Right(Vector256<byte> x, int bits) => (x.AsUInt16() >>> bits).AsByte();
}
