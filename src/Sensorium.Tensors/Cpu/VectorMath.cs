using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>
/// Transcendental functions on a register, to about the last digit of float32. Ranges and coefficients are those of
/// Moshier's Cephes library (expf, tanhf), unless said otherwise.
/// </summary>
static class VectorMath<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>e^x; denormal results and infinities as they should be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        x = S.Min(S.Create(89), S.Max(S.Create(-105), x));
        V n = S.Round(S.Multiply(x, S.Create(1.44269504088896341f)));
        V r = S.Fma(n, S.Create(-0.693359375f), x);
        r = S.Fma(n, S.Create(2.12194440e-4f), r);
        V p = S.Fma(r, S.Create(1.9875691500e-4f), S.Create(1.3981999507e-3f));
        p = S.Fma(p, r, S.Create(8.3334519073e-3f));
        p = S.Fma(p, r, S.Create(4.1665795894e-2f));
        p = S.Fma(p, r, S.Create(1.6666665459e-1f));
        p = S.Fma(p, r, S.Create(5.0000001201e-1f));
        return S.Scale(S.Add(S.Fma(p, S.Multiply(r, r), r), S.Create(1)), n);
    }

    /// <summary>2^x for x up to zero, as a softmax wants it: what is below 2^-125 may be nothing. The polynomial is fitted to 2^x between -1/2 and 1/2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Share(V x)
    {
        V bounded = S.Max(S.Create(-252), x), n = S.Round(bounded), f = S.Subtract(bounded, n);
        V p = S.Fma(f, S.Create(1.5461445e-4f), S.Create(1.3400428e-3f));
        p = S.Fma(p, f, S.Create(9.618057e-3f));
        p = S.Fma(p, f, S.Create(5.5503272e-2f));
        p = S.Fma(p, f, S.Create(0.24022651f));
        p = S.Fma(p, f, S.Create(0.69314718f));
        p = S.Fma(p, f, S.Create(1));
        return S.ScaleOrNothing(p, n);
    }

    /// <summary>1 / (1 + e^-x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid(V x) => S.Divide(S.Create(1), S.Add(S.Create(1), Exp(Negate(x))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        V a = S.Abs(x);
        V z = S.Multiply(x, x);
        V p = S.Fma(z, S.Create(-5.70498872745e-3f), S.Create(2.06390887954e-2f));
        p = S.Fma(p, z, S.Create(-5.37397155531e-2f));
        p = S.Fma(p, z, S.Create(1.33314422036e-1f));
        p = S.Fma(p, z, S.Create(-3.33332819422e-1f));
        V small = S.Fma(S.Multiply(p, z), x, x);
        V large = S.Subtract(S.Create(1), S.Divide(S.Create(2), S.Add(Exp(S.Add(a, a)), S.Create(1))));
        large = S.WhereLess(x, S.Create(0), Negate(large), large);
        return S.WhereLess(a, S.Create(0.625f), small, large);
    }

    /// <summary>cap · tanh(x / cap), by which attention's scores are capped (Gemma 2); x itself where the cap is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SoftCap(V x, float cap) =>
        cap == 0 ? x : S.Multiply(Tanh(S.Multiply(x, S.Create(1 / cap))), S.Create(cap));

    /// <summary>
    /// Φ(x), the normal distribution, as e^(-x² / 2) t Q(t) with t = 1 / (1 + c |x|) for what lies beyond |x|: Q is a
    /// polynomial fitted to the scaled complementary error function, good to 2e-8 for all t from 0 to 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDistribution(V x)
    {
        V a = S.Abs(x);
        V t = S.Divide(S.Create(1), S.Fma(a, S.Create(0.31819805f), S.Create(1)));
        V q = S.Fma(t, S.Create(-0.021512689f), S.Create(0.09899186f));
        q = S.Fma(q, t, S.Create(-0.15708546f));
        q = S.Fma(q, t, S.Create(0.078034505f));
        q = S.Fma(q, t, S.Create(-0.01519196f));
        q = S.Fma(q, t, S.Create(0.061361965f));
        q = S.Fma(q, t, S.Create(0.08735638f));
        q = S.Fma(q, t, S.Create(0.11416213f));
        q = S.Fma(q, t, S.Create(0.12694059f));
        q = S.Fma(q, t, S.Create(0.12694266f));
        V beyond = S.Multiply(S.Multiply(q, t), Exp(S.Multiply(S.Multiply(a, S.Create(-0.5f)), a)));
        return S.WhereLess(x, S.Create(0), beyond, S.Subtract(S.Create(1), beyond));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Negate(V x) => S.Subtract(S.Create(-0f), x);
}
