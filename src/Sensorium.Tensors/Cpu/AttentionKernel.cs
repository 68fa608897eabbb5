using System.Runtime.CompilerServices;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu;

/// <summary>
/// Attention's arithmetic, a page of 64 keys at a time (Dao et al. 2022; Milakov and Gimelshein 2018 for the running
/// softmax). Each score and each output is summed in one lane in the order of its dimension or its keys, and rows do not
/// touch each other, so a row's result does not depend on the rows beside it.
/// </summary>
static unsafe class AttentionKernel<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    const int PageRows = KvPool.PageRows;

    static int Pair => 2 * S.Count;

    /// <summary>Starts a state anew and runs the tile through pages [first, end).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Part(AttentionTile* tile, AttentionState state, int firstPage, int endPage)
    {
        new Span<float>(state.Sums, tile->PaddedRows * tile->Stride).Clear();
        new Span<float>(state.Weights, tile->PaddedRows).Clear();
        new Span<float>(state.Largest, tile->PaddedRows).Fill(float.NegativeInfinity);
        for (int page = firstPage; page < endPage; page++)
        {
            int low = Math.Max(tile->FirstKey - page * PageRows, 0);
            int high = Math.Min(tile->EndKey - page * PageRows, PageRows);
            if (low >= high)
            {
                continue;
            }

            (nint keys, nint values) = Operands(tile, tile->Pages[page] + tile->HeadOffset, low, high);
            Score(tile, (float*)keys, low / Pair * Pair, (high + Pair - 1) / Pair * Pair);
            Weigh(tile, state, page * PageRows, low / Pair * Pair, (high + Pair - 1) / Pair * Pair);
            Accumulate(tile, state, (float*)values, low, high);
        }
    }

    /// <summary>Adds the part that comes next in the order of keys to what went before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(AttentionTile* tile, AttentionState total, AttentionState part)
    {
        float* before = tile->Factors;
        float* after = tile->Factors + tile->PaddedRows;
        for (int row = 0; row < tile->PaddedRows; row++)
        {
            float largest = total.Largest[row] > part.Largest[row] ? total.Largest[row] : part.Largest[row];
            bool none = float.IsNegativeInfinity(largest);
            before[row] = none ? 0 : total.Largest[row] - largest;
            after[row] = none ? 0 : part.Largest[row] - largest;
            total.Largest[row] = largest;
        }

        Exponentials(before, 2 * tile->PaddedRows);
        for (int row = 0; row < tile->PaddedRows; row++)
        {
            V a = S.Create(before[row]);
            V b = S.Create(after[row]);
            total.Weights[row] = total.Weights[row] * before[row] + part.Weights[row] * after[row];
            float* to = total.Sums + row * tile->Stride;
            float* from = part.Sums + row * tile->Stride;
            for (int i = 0; i < tile->Stride; i += S.Count)
            {
                S.Store(S.Fma(S.Load(from + i), b, S.Multiply(S.Load(to + i), a)), to + i);
            }
        }
    }

    static (nint Keys, nint Values) Operands(AttentionTile* tile, byte* page, int low, int high)
    {
        nint keyNumbers = (nint)PageRows * tile->KeySize;
        if (!tile->Half)
        {
            return ((nint)page, (nint)(page + keyNumbers * sizeof(float)));
        }

        float* values = tile->Widened + keyNumbers;
        HalfFloats.FromF16((ushort*)page, tile->Widened, keyNumbers);
        HalfFloats.FromF16((ushort*)page + keyNumbers + low * tile->ValueSize, values + low * tile->ValueSize, (high - low) * tile->ValueSize);
        return ((nint)tile->Widened, (nint)values);
    }

    /// <summary>scores[row, key] = query · key for the keys [low, high) of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Score(AttentionTile* tile, float* keys, int low, int high)
    {
        int size = tile->KeySize;
        int column = low;
        if (S.Count >= 16)
        {
            for (; column <= high - 4 * S.Count; column += 4 * S.Count)
            {
                for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
                {
                    Product4x4(tile->Queries + (nint)row * size, size, keys + column, PageRows, size, tile->Scores + row * PageRows + column, PageRows, null);
                }
            }
        }

        for (; column < high; column += 2 * S.Count)
        {
            for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
            {
                Product4x2(tile->Queries + (nint)row * size, size, keys + column, PageRows, size, tile->Scores + row * PageRows + column, PageRows, null);
            }
        }
    }

    /// <summary>Turns scores into softmax weights relative to the largest score so far; Factors become what earlier sums shrink by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Weigh(AttentionTile* tile, AttentionState state, int firstKey, int low, int high)
    {
        V ramp = Ramp();
        V nothing = S.Create(float.NegativeInfinity);
        bool plain = tile->SoftCap == 0 && tile->Bias == null;
        for (int row = 0; row < tile->PaddedRows; row++)
        {
            float* scores = tile->Scores + row * PageRows;
            V most = nothing;
            if (plain && SeesAll(tile, row, firstKey, low, high))
            {
                for (int i = low; i < high; i += S.Count)
                {
                    most = S.Max(most, S.Load(scores + i));
                }
            }
            else
            {
                V start = S.Create(tile->Starts[row] - firstKey);
                V end = S.Create(tile->Ends[row] - firstKey);
                for (int i = low; i < high; i += S.Count)
                {
                    V index = S.Add(ramp, S.Create(i));
                    V score = Shaped(tile, S.Load(scores + i), row, firstKey + i);
                    score = S.WhereLess(index, start, nothing, S.WhereLess(index, end, score, nothing));
                    most = S.Max(most, score);
                    S.Store(score, scores + i);
                }
            }

            float before = state.Largest[row];
            float largest = S.Largest(most);
            largest = before > largest ? before : largest;
            state.Largest[row] = largest;
            tile->Factors[row] = float.IsNegativeInfinity(largest) ? 0 : before - largest;
        }

        Exponentials(tile->Factors, tile->PaddedRows);
        for (int row = 0; row < tile->PaddedRows; row++)
        {
            float* scores = tile->Scores + row * PageRows;
            V largest = S.Create(state.Largest[row]);
            V zero = S.Create(0);
            V sum = zero;
            bool all = SeesAll(tile, row, firstKey, low, high);
            for (int i = low; i < high; i += S.Count)
            {
                V score = S.Load(scores + i);
                V weight = VectorMath<S, V>.Exp(S.Subtract(score, largest));
                if (!all)
                {
                    weight = S.WhereLess(nothing, score, weight, Unseen(score, zero));
                }

                sum = S.Add(sum, weight);
                S.Store(weight, scores + i);
            }

            state.Weights[row] = state.Weights[row] * tile->Factors[row] + S.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool SeesAll(AttentionTile* tile, int row, int firstKey, int low, int high) =>
        tile->Starts[row] <= firstKey + low && tile->Ends[row] >= firstKey + high;

    // Minus infinity weighs nothing; what is no number stays so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Unseen(V score, V zero) => S.WhereLess(score, zero, zero, score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Shaped(AttentionTile* tile, V score, int row, int key)
    {
        if (tile->SoftCap != 0)
        {
            score = S.Multiply(VectorMath<S, V>.Tanh(S.Multiply(score, S.Create(1 / tile->SoftCap))), S.Create(tile->SoftCap));
        }

        return tile->Bias == null ? score : S.Add(score, S.Load(tile->Bias[row] + key));
    }

    /// <summary>sums[row] = sums[row] · factor + weights · values, over the keys [low, high) of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Accumulate(AttentionTile* tile, AttentionState state, float* values, int low, int high)
    {
        int size = tile->ValueSize;
        int stride = tile->Stride;
        float* from = values + (nint)low * size;
        float* weights = tile->Scores + low;
        int column = 0;
        if (S.Count >= 16)
        {
            for (; column <= size - 4 * S.Count; column += 4 * S.Count)
            {
                for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
                {
                    Product4x4(weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row);
                }
            }
        }

        for (; column <= size - 2 * S.Count; column += 2 * S.Count)
        {
            for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
            {
                Product4x2(weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row);
            }
        }

        for (; column < size; column += S.Count)
        {
            for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
            {
                Product4x1(weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row, Math.Min(size - column, S.Count));
            }
        }
    }

    /// <summary>to = to · factor + a b for 4 rows of a and 4 registers of b's columns; with no factors, to = a b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Product4x4(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors)
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
    static void Product4x1(float* a, nint aStride, float* b, nint bStride, nint inner, float* to, nint toStride, float* factors, int columns)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Exponentials(float* values, int count)
    {
        int i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(VectorMath<S, V>.Exp(S.Load(values + i)), values + i);
        }

        if (i < count)
        {
            S.StoreSome(VectorMath<S, V>.Exp(S.LoadSome(values + i, count - i)), values + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Ramp()
    {
        float* numbers = stackalloc float[PageRows];
        for (int i = 0; i < S.Count; i++)
        {
            numbers[i] = i;
        }

        return S.Load(numbers);
    }
}
