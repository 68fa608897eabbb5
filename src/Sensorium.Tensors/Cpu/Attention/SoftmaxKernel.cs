using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>Sixteen queries whose scores go through a softmax side by side, a lane each.</summary>
unsafe struct SoftmaxLanes
{
    /// <summary>The first key that each sees, [16].</summary>
    public float* Starts;

    /// <summary>Behind the last that each sees, [16].</summary>
    public float* Ends;

    /// <summary>The keys that all of them see: the first, and behind the last.</summary>
    public nint AllStart, AllEnd;

    /// <summary>Each one's largest score, [16]; minus infinity where it sees nothing.</summary>
    public float* Largest;

    /// <summary>The sum of each one's weights, [16].</summary>
    public float* Sums;

    /// <summary>A score is a product times this; positive.</summary>
    public float Scale;

    /// <summary>Scores become cap · tanh(score / cap); 0: they do not.</summary>
    public float SoftCap;

    /// <summary>Added to the scores, [keys][16]; null: nothing is.</summary>
    public float* Bias;

    /// <summary>Whether scores are more than scaled products.</summary>
    public readonly bool AreShaped => SoftCap != 0 || Bias != null;
}

/// <summary>The softmax of attention's scores, keys by queries: a lane is a query's, and takes its keys in order.</summary>
static unsafe class SoftmaxKernel<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>Makes products of queries with keys scores, minus infinity where a query does not see the key, and finds the largest of each.</summary>
    /// <param name="scores">[keys][16], products that become scores, scaled only where they are shaped.</param>
    /// <param name="stride">Floats from key to key.</param>
    /// <param name="keys">How many.</param>
    /// <param name="lanes">The queries; the largest are set.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Look(float* scores, nint stride, nint keys, SoftmaxLanes* lanes)
    {
        nint plainStart = lanes->AreShaped ? keys : Math.Min(lanes->AllStart, keys), plainEnd = Math.Clamp(lanes->AllEnd, plainStart, keys);
        for (int lane = 0; lane < Panel.Lanes; lane += S.Count)
        {
            V largest = Hide(scores + lane, stride, 0, plainStart, lanes, lane, S.Create(float.NegativeInfinity));
            largest = Largest(scores + lane + plainStart * stride, stride, plainEnd - plainStart, largest);
            S.Store(Hide(scores + lane, stride, plainEnd, keys, lanes, lane, largest), lanes->Largest + lane);
        }
    }

    /// <summary>
    /// Turns scores into weights exp(score - largest), not yet divided by their sum, which is added to. A query that sees
    /// nothing, or minus infinity only, weighs nothing at all.
    /// </summary>
    /// <param name="scores">[keys][16]</param>
    /// <param name="stride">Floats from key to key.</param>
    /// <param name="keys">How many.</param>
    /// <param name="lanes">The queries; the sums are added to.</param>
    /// <param name="weights">[keys][16]</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(float* scores, nint stride, nint keys, SoftmaxLanes* lanes, float* weights)
    {
        // Scaled and shifted at once, to powers of two.
        const float Log2E = 1.44269504088896341f;
        V factor = S.Create(lanes->AreShaped ? Log2E : lanes->Scale * Log2E), nothing = S.Create(float.NegativeInfinity), zero = S.Create(0);
        for (int lane = 0; lane < Panel.Lanes; lane += S.Count)
        {
            V largest = S.Load(lanes->Largest + lane), sum = S.Load(lanes->Sums + lane);
            V shift = S.Subtract(zero, S.Multiply(S.WhereLess(nothing, largest, largest, ZeroForNothing(largest, zero)), factor));
            float* from = scores + lane, to = weights + lane;
            for (nint key = 0; key < keys; key++, from += stride, to += Panel.Lanes)
            {
                V weight = VectorMath<S, V>.Share(S.Fma(S.Load(from), factor, shift));
                sum = S.Add(sum, weight);
                S.Store(weight, to);
            }

            S.Store(sum, lanes->Sums + lane);
        }
    }

    /// <summary>Zero for minus infinity, and what is no number as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V ZeroForNothing(V largest, V zero) => S.WhereLess(largest, zero, zero, largest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Largest(float* scores, nint stride, nint keys, V largest)
    {
        V a = largest, b = a, c = a, d = a;
        nint key = 0;
        for (; key + 4 <= keys; key += 4, scores += 4 * stride)
        {
            a = S.Max(a, S.Load(scores));
            b = S.Max(b, S.Load(scores + stride));
            c = S.Max(c, S.Load(scores + 2 * stride));
            d = S.Max(d, S.Load(scores + 3 * stride));
        }

        for (; key < keys; key++, scores += stride)
        {
            a = S.Max(a, S.Load(scores));
        }

        return S.Max(S.Max(a, b), S.Max(c, d));
    }

    /// <summary>The keys from first to end, which some do not see, or whose scores are shaped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Hide(float* scores, nint stride, nint first, nint end, SoftmaxLanes* lanes, int lane, V largest)
    {
        V nothing = S.Create(float.NegativeInfinity), start = S.Load(lanes->Starts + lane), stop = S.Load(lanes->Ends + lane), scale = S.Create(lanes->Scale);
        for (nint key = first; key < end; key++)
        {
            float* at = scores + key * stride;
            V score = S.Load(at), index = S.Create(key);
            if (lanes->AreShaped)
            {
                score = VectorMath<S, V>.SoftCap(S.Multiply(score, scale), lanes->SoftCap);
                score = lanes->Bias == null ? score : S.Add(score, S.Load(lanes->Bias + key * Panel.Lanes + lane));
            }

            score = S.WhereLess(index, start, nothing, S.WhereLess(index, stop, score, nothing));
            largest = S.Max(largest, score);
            S.Store(score, at);
        }

        return largest;
    }
}
