using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>The softmax of a whole row of attention's scores.</summary>
static unsafe class SoftmaxKernel<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>
    /// Turns products of a query with keys into weights exp(score - largest), not yet divided by their sum; what the row
    /// does not see weighs nothing. A row that sees nothing, or minus infinity only, weighs nothing at all.
    /// </summary>
    /// <param name="scores">[count], products that become weights.</param>
    /// <param name="count">How many weights are wanted.</param>
    /// <param name="start">The first that the row sees.</param>
    /// <param name="end">Behind the last that it sees; at most count.</param>
    /// <param name="scale">A score is a product times this; positive.</param>
    /// <param name="softCap">Scores become cap · tanh(score / cap); 0: they do not.</param>
    /// <param name="bias">Added to the scores, [count]; null: nothing is.</param>
    /// <returns>The sum of the weights.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Weigh(float* scores, nint count, nint start, nint end, float scale, float softCap, float* bias)
    {
        start = Math.Min(start, end);
        new Span<float>(scores, (int)start).Clear();
        new Span<float>(scores + end, (int)(count - end)).Clear();
        float* seen = scores + start;
        nint n = end - start;
        if (softCap != 0 || bias != null)
        {
            Shape(seen, n, scale, softCap, bias == null ? null : bias + start);
            scale = 1;
        }

        float largest = Largest(seen, n);
        if (float.IsNegativeInfinity(largest))
        {
            new Span<float>(seen, (int)n).Clear();
            return 0;
        }

        // Scaled and shifted at once, to powers of two.
        const float Log2E = 1.44269504088896341f;
        scale *= Log2E;
        V sum = S.Create(0), factor = S.Create(scale), shift = S.Create(-largest * scale);
        nint i = 0;
        for (; i <= n - S.Count; i += S.Count)
        {
            V weight = VectorMath<S, V>.Share(S.Fma(S.Load(seen + i), factor, shift));
            sum = S.Add(sum, weight);
            S.Store(weight, seen + i);
        }

        if (i < n)
        {
            int rest = (int)(n - i);
            S.StoreSome(VectorMath<S, V>.Share(S.Fma(S.LoadSome(seen + i, rest), factor, shift)), seen + i, rest);
            sum = S.Add(sum, S.LoadSome(seen + i, rest));
        }

        return S.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Largest(float* scores, nint count)
    {
        V a = S.Create(float.NegativeInfinity), b = a;
        nint i = 0;
        for (; i <= count - 2 * S.Count; i += 2 * S.Count)
        {
            a = S.Max(a, S.Load(scores + i));
            b = S.Max(b, S.Load(scores + i + S.Count));
        }

        float largest = S.Largest(S.Max(a, b));
        for (; i < count; i++)
        {
            largest = scores[i] > largest ? scores[i] : largest;
        }

        return largest;
    }

    static void Shape(float* scores, nint count, float scale, float softCap, float* bias)
    {
        V factor = S.Create(scale);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            V score = VectorMath<S, V>.SoftCap(S.Multiply(S.Load(scores + i), factor), softCap);
            S.Store(bias == null ? score : S.Add(score, S.Load(bias + i)), scores + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            V score = VectorMath<S, V>.SoftCap(S.Multiply(S.LoadSome(scores + i, rest), factor), softCap);
            S.StoreSome(bias == null ? score : S.Add(score, S.LoadSome(bias + i, rest)), scores + i, rest);
        }
    }
}
