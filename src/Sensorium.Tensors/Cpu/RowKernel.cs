using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>Kernels over one row of numbers, written once for all tiers. Sums go by lanes: their order depends on the row's length alone.</summary>
static unsafe class RowKernel<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pairs<F>(float* a, float* b, float* destination, nint count)
        where F : struct, RowKernels.IPair
    {
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(F.Of<S, V>(S.Load(a + i), S.Load(b + i)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            S.StoreSome(F.Of<S, V>(S.LoadSome(a + i, rest), S.LoadSome(b + i, rest)), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Affine(float* source, float* destination, nint count, float factor, float offset)
    {
        V f = S.Create(factor);
        V o = S.Create(offset);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(S.Fma(S.Load(source + i), f, o), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            S.StoreSome(S.Fma(S.LoadSome(source + i, rest), f, o), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* source, float* mean, float* scale, float* bias, float* destination, nint count)
    {
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            S.Store(S.Fma(S.Subtract(S.Load(source + i), S.Load(mean + i)), S.Load(scale + i), S.Load(bias + i)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            V centred = S.Subtract(S.LoadSome(source + i, rest), S.LoadSome(mean + i, rest));
            S.StoreSome(S.Fma(centred, S.LoadSome(scale + i, rest), S.LoadSome(bias + i, rest)), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* source, float* weight, float* destination, nint count, float epsilon, float offset)
    {
        V factor = S.Create(1 / MathF.Sqrt(SumOfSquares(source, count, 0) / count + epsilon));
        V o = S.Create(offset);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            V y = S.Multiply(S.Load(source + i), factor);
            S.Store(weight == null ? y : S.Multiply(y, S.Add(S.Load(weight + i), o)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            V y = S.Multiply(S.LoadSome(source + i, rest), factor);
            S.StoreSome(weight == null ? y : S.Multiply(y, S.Add(S.LoadSome(weight + i, rest), o)), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNorm(float* source, float* weight, float* bias, float* destination, nint count, float epsilon)
    {
        float mean = Sum(source, count) / count;
        float variance = SumOfSquares(source, count, mean) / count;
        V m = S.Create(mean);
        V factor = S.Create(1 / MathF.Sqrt(variance + epsilon));
        V zero = S.Create(0);
        V one = S.Create(1);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            V y = S.Multiply(S.Subtract(S.Load(source + i), m), factor);
            S.Store(S.Fma(y, weight == null ? one : S.Load(weight + i), bias == null ? zero : S.Load(bias + i)), destination + i);
        }

        if (i < count)
        {
            int rest = (int)(count - i);
            V y = S.Multiply(S.Subtract(S.LoadSome(source + i, rest), m), factor);
            V w = weight == null ? one : S.LoadSome(weight + i, rest);
            S.StoreSome(S.Fma(y, w, bias == null ? zero : S.LoadSome(bias + i, rest)), destination + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* source, float* destination, nint count)
    {
        if (count == 0)
        {
            return;
        }

        V largest = S.Create(float.NegativeInfinity);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            largest = S.Max(largest, S.Load(source + i));
        }

        float most = S.Largest(largest);
        for (; i < count; i++)
        {
            most = source[i] > most ? source[i] : most;
        }

        V m = S.Create(most);
        V lanes = S.Create(0);
        for (i = 0; i <= count - S.Count; i += S.Count)
        {
            V p = VectorMath<S, V>.Exp(S.Subtract(S.Load(source + i), m));
            lanes = S.Add(lanes, p);
            S.Store(p, destination + i);
        }

        float sum = S.Sum(lanes);
        if (i < count)
        {
            int rest = (int)(count - i);
            S.StoreSome(VectorMath<S, V>.Exp(S.Subtract(S.LoadSome(source + i, rest), m)), destination + i, rest);
            for (; i < count; i++)
            {
                sum += destination[i];
            }
        }

        Affine(destination, destination, count, 1 / sum, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RotateHalves(float* source, float* cosines, float* sines, float* destination, nint pairs)
    {
        nint i = 0;
        for (; i <= pairs - S.Count; i += S.Count)
        {
            V a = S.Load(source + i);
            V b = S.Load(source + pairs + i);
            V cos = S.Load(cosines + i);
            V sin = S.Load(sines + i);
            S.Store(S.Subtract(S.Multiply(a, cos), S.Multiply(b, sin)), destination + i);
            S.Store(S.Add(S.Multiply(b, cos), S.Multiply(a, sin)), destination + pairs + i);
        }

        if (i < pairs)
        {
            int rest = (int)(pairs - i);
            V a = S.LoadSome(source + i, rest);
            V b = S.LoadSome(source + pairs + i, rest);
            V cos = S.LoadSome(cosines + i, rest);
            V sin = S.LoadSome(sines + i, rest);
            S.StoreSome(S.Subtract(S.Multiply(a, cos), S.Multiply(b, sin)), destination + i, rest);
            S.StoreSome(S.Add(S.Multiply(b, cos), S.Multiply(a, sin)), destination + pairs + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint ArgMax(float* source, nint count)
    {
        V largest = S.Create(float.NegativeInfinity);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            // The new numbers stand first, so that a NaN among them loses.
            largest = S.Max(S.Load(source + i), largest);
        }

        float most = S.Largest(largest);
        for (; i < count; i++)
        {
            most = source[i] > most ? source[i] : most;
        }

        nint firstNumber = -1;
        for (i = 0; i < count; i++)
        {
            if (source[i] == most)
            {
                return i;
            }

            firstNumber = firstNumber < 0 && !float.IsNaN(source[i]) ? i : firstNumber;
        }

        return Math.Max(firstNumber, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Sum(float* source, nint count)
    {
        V first = S.Create(0);
        V second = first;
        nint i = 0;
        for (; i <= count - 2 * S.Count; i += 2 * S.Count)
        {
            first = S.Add(first, S.Load(source + i));
            second = S.Add(second, S.Load(source + i + S.Count));
        }

        for (; i < count; i += S.Count)
        {
            first = S.Add(first, Some(source + i, count - i));
        }

        return S.Sum(S.Add(first, second));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float SumOfSquares(float* source, nint count, float mean)
    {
        V m = S.Create(mean);
        V first = S.Create(0);
        V second = first;
        nint i = 0;
        for (; i <= count - 2 * S.Count; i += 2 * S.Count)
        {
            V a = S.Subtract(S.Load(source + i), m);
            V b = S.Subtract(S.Load(source + i + S.Count), m);
            first = S.Fma(a, a, first);
            second = S.Fma(b, b, second);
        }

        for (; i <= count - S.Count; i += S.Count)
        {
            V a = S.Subtract(S.Load(source + i), m);
            first = S.Fma(a, a, first);
        }

        float sum = S.Sum(S.Add(first, second));
        for (; i < count; i++)
        {
            sum += (source[i] - mean) * (source[i] - mean);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Some(float* source, nint count) => count >= S.Count ? S.Load(source) : S.LoadSome(source, (int)count);
}
