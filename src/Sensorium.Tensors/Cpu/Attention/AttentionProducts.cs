using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>Attention's two products, scores and weighted sums, as tiles that stay in registers. Each output is summed in one lane, in the order of k, whatever the tile.</summary>
static unsafe class AttentionProducts<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>to = to · factor + a b for 4 rows of a and 4 registers of b's columns; with no factors, to = a b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product4x4(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors)
    {
        V s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33;
        float* to1 = to + toStride;
        float* to2 = to1 + toStride;
        float* to3 = to2 + toStride;
        if (factors == null)
        {
            s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = S.Create(0);
        }
        else
        {
            V f = S.Create(factors[0]);
            s00 = S.Multiply(S.Load(to), f);
            s01 = S.Multiply(S.Load(to + S.Count), f);
            s02 = S.Multiply(S.Load(to + 2 * S.Count), f);
            s03 = S.Multiply(S.Load(to + 3 * S.Count), f);
            f = S.Create(factors[1]);
            s10 = S.Multiply(S.Load(to1), f);
            s11 = S.Multiply(S.Load(to1 + S.Count), f);
            s12 = S.Multiply(S.Load(to1 + 2 * S.Count), f);
            s13 = S.Multiply(S.Load(to1 + 3 * S.Count), f);
            f = S.Create(factors[2]);
            s20 = S.Multiply(S.Load(to2), f);
            s21 = S.Multiply(S.Load(to2 + S.Count), f);
            s22 = S.Multiply(S.Load(to2 + 2 * S.Count), f);
            s23 = S.Multiply(S.Load(to2 + 3 * S.Count), f);
            f = S.Create(factors[3]);
            s30 = S.Multiply(S.Load(to3), f);
            s31 = S.Multiply(S.Load(to3 + S.Count), f);
            s32 = S.Multiply(S.Load(to3 + 2 * S.Count), f);
            s33 = S.Multiply(S.Load(to3 + 3 * S.Count), f);
        }

        float* a1 = a + aStride;
        float* a2 = a1 + aStride;
        float* a3 = a2 + aStride;
        for (nint k = 0; k < inner; k++, b += bStride)
        {
            V b0 = S.Load(b);
            V b1 = S.Load(b + S.Count);
            V b2 = S.Load(b + 2 * S.Count);
            V b3 = S.Load(b + 3 * S.Count);
            V x = S.Create(a[k]);
            s00 = S.Fma(x, b0, s00);
            s01 = S.Fma(x, b1, s01);
            s02 = S.Fma(x, b2, s02);
            s03 = S.Fma(x, b3, s03);
            x = S.Create(a1[k]);
            s10 = S.Fma(x, b0, s10);
            s11 = S.Fma(x, b1, s11);
            s12 = S.Fma(x, b2, s12);
            s13 = S.Fma(x, b3, s13);
            x = S.Create(a2[k]);
            s20 = S.Fma(x, b0, s20);
            s21 = S.Fma(x, b1, s21);
            s22 = S.Fma(x, b2, s22);
            s23 = S.Fma(x, b3, s23);
            x = S.Create(a3[k]);
            s30 = S.Fma(x, b0, s30);
            s31 = S.Fma(x, b1, s31);
            s32 = S.Fma(x, b2, s32);
            s33 = S.Fma(x, b3, s33);
        }

        S.Store(s00, to);
        S.Store(s01, to + S.Count);
        S.Store(s02, to + 2 * S.Count);
        S.Store(s03, to + 3 * S.Count);
        S.Store(s10, to1);
        S.Store(s11, to1 + S.Count);
        S.Store(s12, to1 + 2 * S.Count);
        S.Store(s13, to1 + 3 * S.Count);
        S.Store(s20, to2);
        S.Store(s21, to2 + S.Count);
        S.Store(s22, to2 + 2 * S.Count);
        S.Store(s23, to2 + 3 * S.Count);
        S.Store(s30, to3);
        S.Store(s31, to3 + S.Count);
        S.Store(s32, to3 + 2 * S.Count);
        S.Store(s33, to3 + 3 * S.Count);
    }

    /// <summary>
    /// Six rows by two registers where so many are left and the processor has 16 registers, else four: an output is summed in
    /// the same order either way.
    /// </summary>
    /// <returns>How many rows were done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ProductRowsx2(int rows, float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors)
    {
        // Rows are a multiple of four; 4 and 8 are left to the four.
        if (S.Count < 16 && rows is not (4 or 8))
        {
            Product6x2(a, aStride, b, bStride, inner, to, toStride, factors);
            return 6;
        }

        Product4x2(a, aStride, b, bStride, inner, to, toStride, factors);
        return 4;
    }

    /// <summary>As <see cref="Product4x4"/> for 6 rows and 2 registers of columns: 12 sums keep both multipliers of a processor with 16 registers busy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Product6x2(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors)
    {
        V s00, s01, s10, s11, s20, s21, s30, s31, s40, s41, s50, s51;
        float* to1 = to + toStride;
        float* to2 = to1 + toStride;
        float* to3 = to2 + toStride;
        float* to4 = to3 + toStride;
        float* to5 = to4 + toStride;
        if (factors == null)
        {
            s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = s40 = s41 = s50 = s51 = S.Create(0);
        }
        else
        {
            V f = S.Create(factors[0]);
            s00 = S.Multiply(S.Load(to), f);
            s01 = S.Multiply(S.Load(to + S.Count), f);
            f = S.Create(factors[1]);
            s10 = S.Multiply(S.Load(to1), f);
            s11 = S.Multiply(S.Load(to1 + S.Count), f);
            f = S.Create(factors[2]);
            s20 = S.Multiply(S.Load(to2), f);
            s21 = S.Multiply(S.Load(to2 + S.Count), f);
            f = S.Create(factors[3]);
            s30 = S.Multiply(S.Load(to3), f);
            s31 = S.Multiply(S.Load(to3 + S.Count), f);
            f = S.Create(factors[4]);
            s40 = S.Multiply(S.Load(to4), f);
            s41 = S.Multiply(S.Load(to4 + S.Count), f);
            f = S.Create(factors[5]);
            s50 = S.Multiply(S.Load(to5), f);
            s51 = S.Multiply(S.Load(to5 + S.Count), f);
        }

        float* a1 = a + aStride;
        float* a2 = a1 + aStride;
        float* a3 = a2 + aStride;
        float* a4 = a3 + aStride;
        float* a5 = a4 + aStride;
        for (nint k = 0; k < inner; k++, b += bStride)
        {
            V b0 = S.Load(b);
            V b1 = S.Load(b + S.Count);
            V x = S.Create(a[k]);
            s00 = S.Fma(x, b0, s00);
            s01 = S.Fma(x, b1, s01);
            x = S.Create(a1[k]);
            s10 = S.Fma(x, b0, s10);
            s11 = S.Fma(x, b1, s11);
            x = S.Create(a2[k]);
            s20 = S.Fma(x, b0, s20);
            s21 = S.Fma(x, b1, s21);
            x = S.Create(a3[k]);
            s30 = S.Fma(x, b0, s30);
            s31 = S.Fma(x, b1, s31);
            x = S.Create(a4[k]);
            s40 = S.Fma(x, b0, s40);
            s41 = S.Fma(x, b1, s41);
            x = S.Create(a5[k]);
            s50 = S.Fma(x, b0, s50);
            s51 = S.Fma(x, b1, s51);
        }

        S.Store(s00, to);
        S.Store(s01, to + S.Count);
        S.Store(s10, to1);
        S.Store(s11, to1 + S.Count);
        S.Store(s20, to2);
        S.Store(s21, to2 + S.Count);
        S.Store(s30, to3);
        S.Store(s31, to3 + S.Count);
        S.Store(s40, to4);
        S.Store(s41, to4 + S.Count);
        S.Store(s50, to5);
        S.Store(s51, to5 + S.Count);
    }

    /// <summary>As <see cref="Product4x4"/> with 2 registers of columns, for processors with 16 registers and for what is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Product4x2(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors)
    {
        V s00, s01, s10, s11, s20, s21, s30, s31;
        float* to1 = to + toStride;
        float* to2 = to1 + toStride;
        float* to3 = to2 + toStride;
        if (factors == null)
        {
            s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = S.Create(0);
        }
        else
        {
            V f = S.Create(factors[0]);
            s00 = S.Multiply(S.Load(to), f);
            s01 = S.Multiply(S.Load(to + S.Count), f);
            f = S.Create(factors[1]);
            s10 = S.Multiply(S.Load(to1), f);
            s11 = S.Multiply(S.Load(to1 + S.Count), f);
            f = S.Create(factors[2]);
            s20 = S.Multiply(S.Load(to2), f);
            s21 = S.Multiply(S.Load(to2 + S.Count), f);
            f = S.Create(factors[3]);
            s30 = S.Multiply(S.Load(to3), f);
            s31 = S.Multiply(S.Load(to3 + S.Count), f);
        }

        float* a1 = a + aStride;
        float* a2 = a1 + aStride;
        float* a3 = a2 + aStride;
        for (nint k = 0; k < inner; k++, b += bStride)
        {
            V b0 = S.Load(b);
            V b1 = S.Load(b + S.Count);
            V x = S.Create(a[k]);
            s00 = S.Fma(x, b0, s00);
            s01 = S.Fma(x, b1, s01);
            x = S.Create(a1[k]);
            s10 = S.Fma(x, b0, s10);
            s11 = S.Fma(x, b1, s11);
            x = S.Create(a2[k]);
            s20 = S.Fma(x, b0, s20);
            s21 = S.Fma(x, b1, s21);
            x = S.Create(a3[k]);
            s30 = S.Fma(x, b0, s30);
            s31 = S.Fma(x, b1, s31);
        }

        S.Store(s00, to);
        S.Store(s01, to + S.Count);
        S.Store(s10, to1);
        S.Store(s11, to1 + S.Count);
        S.Store(s20, to2);
        S.Store(s21, to2 + S.Count);
        S.Store(s30, to3);
        S.Store(s31, to3 + S.Count);
    }

    /// <summary>As <see cref="Product4x4"/> with one register, of which the first <paramref name="columns"/> lanes are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product4x1(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors, int columns)
    {
        V s0 = S.Multiply(S.Load(to), S.Create(factors[0]));
        V s1 = S.Multiply(S.Load(to + toStride), S.Create(factors[1]));
        V s2 = S.Multiply(S.Load(to + 2 * toStride), S.Create(factors[2]));
        V s3 = S.Multiply(S.Load(to + 3 * toStride), S.Create(factors[3]));
        for (nint k = 0; k < inner; k++, b += bStride)
        {
            V b0 = columns == S.Count ? S.Load(b) : S.LoadSome(b, columns);
            s0 = S.Fma(S.Create(a[k]), b0, s0);
            s1 = S.Fma(S.Create(a[aStride + k]), b0, s1);
            s2 = S.Fma(S.Create(a[2 * aStride + k]), b0, s2);
            s3 = S.Fma(S.Create(a[3 * aStride + k]), b0, s3);
        }

        S.Store(s0, to);
        S.Store(s1, to + toStride);
        S.Store(s2, to + 2 * toStride);
        S.Store(s3, to + 3 * toStride);
    }
}
