using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Dequantisation and the inverse 8×8 cosine transform, by the method of Loeffler, Ligtenberg and Moschytz in 13-bit fixed
/// point: libjpeg's <c>islow</c>, to the bit. Where corrupt data leaves 16 bits, it wraps and saturates as the SIMD code of
/// libjpeg-turbo does.
/// </summary>
unsafe static class InverseDct
{
    const int ConstantBits = 13;
    const int FirstPassBits = 2;
    const int FirstShift = ConstantBits - FirstPassBits;
    const int SecondShift = ConstantBits + FirstPassBits + 3;

    // Cosine terms times 2^13.
    const short F0298 = 2446, F0390 = 3196, F0541 = 4433, F0765 = 6270, F0899 = 7373, F1175 = 9633;
    const short F1501 = 12299, F1847 = 15137, F1961 = 16069, F2053 = 16819, F2562 = 20995, F3072 = 25172;

    /// <summary>Transforms a block.</summary>
    /// <param name="block">64 coefficients, row-major, 32-byte aligned.</param>
    /// <param name="quantization">64 steps, row-major, 32-byte aligned.</param>
    /// <param name="output">Where the 8×8 samples go.</param>
    /// <param name="stride">Bytes from one row of samples to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform(short* block, short* quantization, byte* output, nint stride)
    {
        if (Avx2.IsSupported)
        {
            TransformAvx2(block, quantization, output, stride);
        }
        else
        {
            TransformScalar(block, quantization, output, stride);
        }
    }

    /// <summary>Transforms a block whose only coefficient is the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransformDcOnly(short dc, short step, byte* output, nint stride)
    {
        short scaled = (short)((short)(dc * step) << FirstPassBits);
        byte sample = (byte)(Math.Clamp((scaled + 16) >> 5, -128, 127) + 128);
        ulong row = sample * 0x0101010101010101UL;
        for (int y = 0; y < 8; y++)
        {
            Unsafe.WriteUnaligned(output + (y * stride), row);
        }
    }

    /// <summary>The transform in plain arithmetic, for machines without AVX2 and as the reference of the tests.</summary>
    public static void TransformScalar(short* block, short* quantization, byte* output, nint stride)
    {
        short* work = stackalloc short[64];
        int* result = stackalloc int[8];
        bool acRowsAreZero = new ReadOnlySpan<short>(block + 8, 56).IndexOfAnyExcept((short)0) < 0;
        for (int x = 0; x < 8; x++)
        {
            if (acRowsAreZero)
            {
                short dc = (short)((short)(block[x] * quantization[x]) << FirstPassBits);
                for (int y = 0; y < 8; y++)
                {
                    work[(y * 8) + x] = dc;
                }

                continue;
            }

            for (int y = 0; y < 8; y++)
            {
                result[y] = (short)(block[(y * 8) + x] * quantization[(y * 8) + x]);
            }

            Butterfly(result, FirstShift);
            for (int y = 0; y < 8; y++)
            {
                work[(y * 8) + x] = (short)result[y];
            }
        }

        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 8; x++)
            {
                result[x] = work[(y * 8) + x];
            }

            Butterfly(result, SecondShift);
            for (int x = 0; x < 8; x++)
            {
                output[(y * stride) + x] = (byte)(Math.Clamp(result[x], -128, 127) + 128);
            }
        }
    }

    /// <summary>One dimension of the transform, in place; the sums of inputs wrap at 16 bits, the results saturate at 16 bits.</summary>
    static void Butterfly(int* v, int shift)
    {
        int tmp2 = (v[2] * F0541) + (v[6] * (F0541 - F1847));
        int tmp3 = (v[2] * (F0541 + F0765)) + (v[6] * F0541);
        int tmp0 = (short)(v[0] + v[4]) << ConstantBits;
        int tmp1 = (short)(v[0] - v[4]) << ConstantBits;
        int even0 = tmp0 + tmp3;
        int even3 = tmp0 - tmp3;
        int even1 = tmp1 + tmp2;
        int even2 = tmp1 - tmp2;

        int sum3 = (short)(v[7] + v[3]);
        int sum4 = (short)(v[5] + v[1]);
        int z3 = (sum3 * (F1175 - F1961)) + (sum4 * F1175);
        int z4 = (sum3 * F1175) + (sum4 * (F1175 - F0390));
        int odd0 = (v[7] * (F0298 - F0899)) + (v[1] * -F0899) + z3;
        int odd1 = (v[5] * (F2053 - F2562)) + (v[3] * -F2562) + z4;
        int odd2 = (v[5] * -F2562) + (v[3] * (F3072 - F2562)) + z3;
        int odd3 = (v[7] * -F0899) + (v[1] * (F1501 - F0899)) + z4;

        v[0] = Descale(even0 + odd3, shift);
        v[7] = Descale(even0 - odd3, shift);
        v[1] = Descale(even1 + odd2, shift);
        v[6] = Descale(even1 - odd2, shift);
        v[2] = Descale(even2 + odd1, shift);
        v[5] = Descale(even2 - odd1, shift);
        v[3] = Descale(even3 + odd0, shift);
        v[4] = Descale(even3 - odd0, shift);
    }

    static int Descale(int value, int shift) =>
        Math.Clamp((value + (1 << (shift - 1))) >> shift, short.MinValue, short.MaxValue);

    /// <summary>The transform with rows (first pass) or columns (second) y and y + 4 in the two halves of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TransformAvx2(short* block, short* quantization, byte* output, nint stride)
    {
        Vector256<short> rows01 = Vector256.LoadAligned(block);
        Vector256<short> rows23 = Vector256.LoadAligned(block + 16);
        Vector256<short> rows45 = Vector256.LoadAligned(block + 32);
        Vector256<short> rows67 = Vector256.LoadAligned(block + 48);
        Vector256<short> v0, v1, v2, v3;
        Vector256<short> acRows = Vector256.Create(Vector128<short>.Zero, rows01.GetUpper()) | rows23 | rows45 | rows67;
        rows01 *= Vector256.LoadAligned(quantization);
        if (acRows == Vector256<short>.Zero)
        {
            Vector128<short> row = rows01.GetLower() << FirstPassBits;
            Vector256<short> pairs = Vector256.Create(Sse2.UnpackLow(row, row), Sse2.UnpackHigh(row, row));
            v0 = Avx2.Shuffle(pairs.AsInt32(), 0x00).AsInt16();
            v1 = Avx2.Shuffle(pairs.AsInt32(), 0x55).AsInt16();
            v2 = Avx2.Shuffle(pairs.AsInt32(), 0xAA).AsInt16();
            v3 = Avx2.Shuffle(pairs.AsInt32(), 0xFF).AsInt16();
        }
        else
        {
            rows23 *= Vector256.LoadAligned(quantization + 16);
            rows45 *= Vector256.LoadAligned(quantization + 32);
            rows67 *= Vector256.LoadAligned(quantization + 48);
            v0 = Avx2.Permute2x128(rows01, rows45, 0x20);
            v1 = Avx2.Permute2x128(rows01, rows45, 0x31);
            v2 = Avx2.Permute2x128(rows23, rows67, 0x20);
            v3 = Avx2.Permute2x128(rows23, rows67, 0x31);
            Pass(ref v0, ref v1, ref v2, ref v3, FirstShift);
        }

        Pass(ref v0, ref v1, ref v2, ref v3, SecondShift);
        Vector256<byte> center = Vector256.Create((byte)0x80);
        Vector256<ulong> samples0145 = (Avx2.PackSignedSaturate(v0, v1).AsByte() + center).AsUInt64();
        Vector256<ulong> samples2367 = (Avx2.PackSignedSaturate(v2, v3).AsByte() + center).AsUInt64();
        byte* lower = output + (4 * stride);
        Store(samples0145.GetLower(), output, stride);
        Store(samples2367.GetLower(), output + (2 * stride), stride);
        Store(samples0145.GetUpper(), lower, stride);
        Store(samples2367.GetUpper(), lower + (2 * stride), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector128<ulong> twoRows, byte* output, nint stride)
    {
        Unsafe.WriteUnaligned(output, twoRows.GetElement(0));
        Unsafe.WriteUnaligned(output + stride, twoRows.GetElement(1));
    }

    /// <summary>a0 b0 a1 b1 … of the two halves a and b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<short> Interleave(Vector256<short> halves)
    {
        Vector256<byte> order = Vector256.Create(
            (byte)0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
            0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        return Avx2.Shuffle(Avx2.Permute4x64(halves.AsInt64(), 0b11_01_10_00).AsByte(), order).AsInt16();
    }

    /// <summary>A pair of factors for <see cref="Avx2.MultiplyAddAdjacent(Vector256{short}, Vector256{short})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<short> Factors(int first, int second) =>
        Vector256.Create((second << 16) | (first & 0xFFFF)).AsInt16();

    /// <summary>One dimension of the transform, and a transposition, so that the next one comes out as it went in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Pass(ref Vector256<short> v04, ref Vector256<short> v15, ref Vector256<short> v26, ref Vector256<short> v37, int shift)
    {
        Vector256<short> in26 = Interleave(v26);
        Vector256<int> tmp2 = Avx2.MultiplyAddAdjacent(in26, Factors(F0541, F0541 - F1847));
        Vector256<int> tmp3 = Avx2.MultiplyAddAdjacent(in26, Factors(F0541 + F0765, F0541));
        Vector128<short> in0 = v04.GetLower();
        Vector128<short> in4 = v04.GetUpper();
        Vector256<int> tmp0 = Avx2.ConvertToVector256Int32(in0 + in4) << ConstantBits;
        Vector256<int> tmp1 = Avx2.ConvertToVector256Int32(in0 - in4) << ConstantBits;
        Vector256<int> round = Vector256.Create(1 << (shift - 1));
        tmp0 += round;
        tmp1 += round;
        Vector256<int> even0 = tmp0 + tmp3;
        Vector256<int> even3 = tmp0 - tmp3;
        Vector256<int> even1 = tmp1 + tmp2;
        Vector256<int> even2 = tmp1 - tmp2;

        Vector256<short> in31 = Avx2.Permute2x128(v37, v15, 0x20);
        Vector256<short> in75 = Avx2.Permute2x128(v37, v15, 0x31);
        Vector256<short> in71 = Interleave(Avx2.Permute2x128(v37, v15, 0x21));
        Vector256<short> in53 = Interleave(Avx2.Permute2x128(v15, v37, 0x21));
        Vector256<short> sums = Interleave(in31 + in75);
        Vector256<int> z3 = Avx2.MultiplyAddAdjacent(sums, Factors(F1175 - F1961, F1175));
        Vector256<int> z4 = Avx2.MultiplyAddAdjacent(sums, Factors(F1175, F1175 - F0390));
        Vector256<int> odd0 = Avx2.MultiplyAddAdjacent(in71, Factors(F0298 - F0899, -F0899)) + z3;
        Vector256<int> odd1 = Avx2.MultiplyAddAdjacent(in53, Factors(F2053 - F2562, -F2562)) + z4;
        Vector256<int> odd2 = Avx2.MultiplyAddAdjacent(in53, Factors(-F2562, F3072 - F2562)) + z3;
        Vector256<int> odd3 = Avx2.MultiplyAddAdjacent(in71, Factors(-F0899, F1501 - F0899)) + z4;

        // Each half: four columns of an even row, then of the odd row after it.
        Vector256<short> out01 = Avx2.PackSignedSaturate((even0 + odd3) >> shift, (even1 + odd2) >> shift);
        Vector256<short> out23 = Avx2.PackSignedSaturate((even2 + odd1) >> shift, (even3 + odd0) >> shift);
        Vector256<short> out45 = Avx2.PackSignedSaturate((even3 - odd0) >> shift, (even2 - odd1) >> shift);
        Vector256<short> out67 = Avx2.PackSignedSaturate((even1 - odd2) >> shift, (even0 - odd3) >> shift);

        // Transposed in three rounds: words, double words, quad words.
        Vector256<byte> order = Vector256.Create(
            (byte)0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
            0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        Vector256<int> a = Avx2.Shuffle(out01.AsByte(), order).AsInt32();
        Vector256<int> b = Avx2.Shuffle(out23.AsByte(), order).AsInt32();
        Vector256<int> c = Avx2.Shuffle(out45.AsByte(), order).AsInt32();
        Vector256<int> d = Avx2.Shuffle(out67.AsByte(), order).AsInt32();
        Vector256<long> ab0 = Avx2.UnpackLow(a, b).AsInt64();
        Vector256<long> ab1 = Avx2.UnpackHigh(a, b).AsInt64();
        Vector256<long> cd0 = Avx2.UnpackLow(c, d).AsInt64();
        Vector256<long> cd1 = Avx2.UnpackHigh(c, d).AsInt64();
        v04 = Avx2.UnpackLow(ab0, cd0).AsInt16();
        v15 = Avx2.UnpackHigh(ab0, cd0).AsInt16();
        v26 = Avx2.UnpackLow(ab1, cd1).AsInt16();
        v37 = Avx2.UnpackHigh(ab1, cd1).AsInt16();
    }
}
