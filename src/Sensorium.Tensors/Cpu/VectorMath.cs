using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>
/// Transcendental functions on a register, to about the last digit of float32. Ranges and coefficients are those of
/// Moshier's Cephes library (expf, tanhf, erff, erfcf).
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
        return S.Scale(ExpWithin(x, n), n);
    }

    /// <summary>e^(x - n log 2), where that is small.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V ExpWithin(V x, V n)
    {
        V r = S.Fma(n, S.Create(-0.693359375f), x);
        r = S.Fma(n, S.Create(2.12194440e-4f), r);
        V p = S.Fma(r, S.Create(1.9875691500e-4f), S.Create(1.3981999507e-3f));
        p = S.Fma(p, r, S.Create(8.3334519073e-3f));
        p = S.Fma(p, r, S.Create(4.1665795894e-2f));
        p = S.Fma(p, r, S.Create(1.6666665459e-1f));
        p = S.Fma(p, r, S.Create(5.0000001201e-1f));
        return S.Add(S.Fma(p, S.Multiply(r, r), r), S.Create(1));
    }

    /// <summary>e^x for x up to zero, as a softmax wants it: what is below e^-86 is nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Share(V x)
    {
        V least = S.Create(-86);
        V bounded = S.Max(least, x);
        V n = S.Round(S.Multiply(bounded, S.Create(1.44269504088896341f)));
        return S.WhereLess(x, least, S.Create(0), S.ScaleNormal(ExpWithin(bounded, n), n));
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

    /// <summary>Φ(x), the normal distribution: erfc(-x / √2) / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDistribution(V x)
    {
        V u = S.Multiply(x, S.Create(0.70710678118654752f));
        V a = S.Abs(u);
        V z = S.Multiply(u, u);

        V erf = S.Fma(z, S.Create(7.853861353153693e-5f), S.Create(-8.010193625184903e-4f));
        erf = S.Fma(erf, z, S.Create(5.188327685732524e-3f));
        erf = S.Fma(erf, z, S.Create(-2.685381193529856e-2f));
        erf = S.Fma(erf, z, S.Create(1.128358514861418e-1f));
        erf = S.Fma(erf, z, S.Create(-3.761262582423300e-1f));
        erf = S.Fma(erf, z, S.Create(1.128379165726710f));
        V near = S.Fma(S.Multiply(erf, u), S.Create(0.5f), S.Create(0.5f));

        V q = S.Divide(S.Create(1), S.Max(S.Create(1), a));
        V w = S.Multiply(q, q);
        V middle = S.Fma(w, S.Create(2.326819970068386e-2f), S.Create(-1.387039388740657e-1f));
        middle = S.Fma(middle, w, S.Create(3.687424674597105e-1f));
        middle = S.Fma(middle, w, S.Create(-5.824733027278666e-1f));
        middle = S.Fma(middle, w, S.Create(6.210004621745983e-1f));
        middle = S.Fma(middle, w, S.Create(-4.944515323274145e-1f));
        middle = S.Fma(middle, w, S.Create(3.404879937665872e-1f));
        middle = S.Fma(middle, w, S.Create(-2.741127028184656e-1f));
        middle = S.Fma(middle, w, S.Create(5.638259427386472e-1f));
        V far = S.Fma(w, S.Create(-1.047766399936249e+1f), S.Create(1.297719955372516e+1f));
        far = S.Fma(far, w, S.Create(-7.495518717768503f));
        far = S.Fma(far, w, S.Create(2.921019019210786f));
        far = S.Fma(far, w, S.Create(-1.015265279202700f));
        far = S.Fma(far, w, S.Create(4.218463358204948e-1f));
        far = S.Fma(far, w, S.Create(-2.820767439740514e-1f));
        far = S.Fma(far, w, S.Create(5.641895067754075e-1f));
        V tail = S.WhereLess(a, S.Create(2), middle, far);
        tail = S.Multiply(S.Multiply(tail, q), S.Multiply(S.Create(0.5f), Exp(Negate(z))));
        tail = S.WhereLess(u, S.Create(0), tail, S.Subtract(S.Create(1), tail));
        return S.WhereLess(a, S.Create(1), near, tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Negate(V x) => S.Subtract(S.Create(-0f), x);
}
