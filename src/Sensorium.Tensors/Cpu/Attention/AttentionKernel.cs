using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Attention;

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

    /// <summary>Runs the tile through some keys of a page.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="state">The running softmax.</param>
    /// <param name="firstKey">The page's first key.</param>
    /// <param name="low">The first key of the page that any row sees, from its begin.</param>
    /// <param name="high">Behind the last; above low.</param>
    /// <param name="keys">[KeySize][PageRows]</param>
    /// <param name="values">[PageRows][ValueSize]</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Page(AttentionTile* tile, AttentionState state, int firstKey, int low, int high, float* keys, float* values)
    {
        int first = low / Pair * Pair, end = (high + Pair - 1) / Pair * Pair;
        Score(tile, keys, first, end);
        Weigh(tile, state, firstKey, first, end);
        Accumulate(tile, state, values, low, high);
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
                    AttentionProducts<S, V>.Product4x4(tile->Queries + (nint)row * size, size, keys + column, PageRows, size, tile->Scores + row * PageRows + column, PageRows, null);
                }
            }
        }

        for (; column < high; column += 2 * S.Count)
        {
            for (int row = 0; row < tile->PaddedRows;)
            {
                row += AttentionProducts<S, V>.ProductRowsx2(tile->PaddedRows - row, tile->Queries + (nint)row * size, size, keys + column, PageRows, size, tile->Scores + row * PageRows + column, PageRows, null);
            }
        }
    }

    /// <summary>Turns scores into softmax weights relative to the largest score so far; Factors become what earlier sums shrink by.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="state">The running softmax.</param>
    /// <param name="firstKey">The page's first key.</param>
    /// <param name="low">The first key of the page that has a score, from its begin: a multiple of a vector.</param>
    /// <param name="high">Behind the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(AttentionTile* tile, AttentionState state, int firstKey, int low, int high)
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
        score = VectorMath<S, V>.SoftCap(score, tile->SoftCap);
        return tile->Bias == null ? score : S.Add(score, S.Load(tile->Bias[row] + key));
    }

    /// <summary>sums[row] = sums[row] · factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Shrink(AttentionTile* tile, AttentionState state)
    {
        for (int row = 0; row < tile->Rows; row++)
        {
            V factor = S.Create(tile->Factors[row]);
            float* sums = state.Sums + (nint)row * tile->Stride;
            for (int i = 0; i < tile->Stride; i += S.Count)
            {
                S.Store(S.Multiply(S.Load(sums + i), factor), sums + i);
            }
        }
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
                    AttentionProducts<S, V>.Product4x4(weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row);
                }
            }
        }

        for (; column <= size - 2 * S.Count; column += 2 * S.Count)
        {
            for (int row = 0; row < tile->PaddedRows;)
            {
                row += AttentionProducts<S, V>.ProductRowsx2(tile->PaddedRows - row, weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row);
            }
        }

        for (; column < size; column += S.Count)
        {
            for (int row = 0; row < tile->PaddedRows; row += AttentionTile.RowBlock)
            {
                AttentionProducts<S, V>.Product4x1(weights + row * PageRows, PageRows, from + column, size, high - low, state.Sums + row * stride + column, stride, tile->Factors + row, Math.Min(size - column, S.Count));
            }
        }
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
