using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu;

/// <summary>
/// The vector arithmetic of a tier over a register type, so that a kernel is written once: it is generic over both and
/// compiled anew for each pair. Every lane does the same whatever its neighbours hold.
/// </summary>
unsafe interface ISimd<V>
    where V : struct
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    static abstract V Load(float* p);

    static abstract void Store(V v, float* p);

    /// <summary>The first n numbers, n below Count, the others zero; nothing behind them is touched.</summary>
    static abstract V LoadSome(float* p, int n);

    /// <summary>Writes the first n lanes, n below Count.</summary>
    static abstract void StoreSome(V v, float* p, int n);

    static abstract V Create(float value);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    /// <summary>a b + c</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>The larger; b where one is NaN, so what may be NaN stands second.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; b where one is NaN.</summary>
    static abstract V Min(V a, V b);

    static abstract V Sqrt(V v);

    static abstract V Abs(V v);

    /// <summary>The nearest whole number.</summary>
    static abstract V Round(V v);

    /// <summary>v · 2^n for a whole n from -252 to 254, rounded once.</summary>
    static abstract V Scale(V v, V n);

    /// <summary>v · 2^n for a v between 1/2 and 2 and a whole n from -252 to 0; may be zero where 2^n is below 2^-125.</summary>
    static abstract V ScaleOrNothing(V v, V n);

    /// <summary>yes where a is below b, else no.</summary>
    static abstract V WhereLess(V a, V b, V yes, V no);

    /// <summary>The sum of the lanes, always in the same order.</summary>
    static abstract float Sum(V v);

    /// <summary>The largest lane.</summary>
    static abstract float Largest(V v);
}

/// <summary>AVX-512.</summary>
readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadSome(float* p, int n) => Avx512F.MaskLoad(p, First(n), Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSome(Vector512<float> v, float* p, int n) => Avx512F.MaskStore(p, First(n), v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Avx512F.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sqrt(Vector512<float> v) => Vector512.Sqrt(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> v) => Vector512.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> v) => Vector512.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> v, Vector512<float> n) => Avx512F.Scale(v, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleOrNothing(Vector512<float> v, Vector512<float> n) => Avx512F.Scale(v, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereLess(Vector512<float> a, Vector512<float> b, Vector512<float> yes, Vector512<float> no) =>
        Vector512.ConditionalSelect(Vector512.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v) => Simd256.Sum(v.GetLower() + v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> v) => Simd256.Largest(Avx.Max(v.GetLower(), v.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> First(int n) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(n)).AsSingle();
}

/// <summary>AVX2 with FMA.</summary>
readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* p) => Vector256.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadSome(float* p, int n) => Avx.MaskLoad(p, First(n));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSome(Vector256<float> v, float* p, int n) => Avx.MaskStore(p, First(n), v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fma(Vector256<float> a, Vector256<float> b, Vector256<float> c) => System.Runtime.Intrinsics.X86.Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Avx.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Avx.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> v) => Vector256.Sqrt(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> v) => Vector256.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> v) => Vector256.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> v, Vector256<float> n)
    {
        // Two factors, since 2^n itself leaves the range before the result does.
        Vector256<int> whole = Vector256.ConvertToInt32Native(n);
        Vector256<int> half = whole >> 1;
        return v * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ScaleOrNothing(Vector256<float> v, Vector256<float> n) =>
        WhereLess(n, Vector256.Create(-125f), Vector256<float>.Zero, (v.AsInt32() + (Vector256.ConvertToInt32Native(n) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> PowerOfTwo(Vector256<int> n) => ((n + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereLess(Vector256<float> a, Vector256<float> b, Vector256<float> yes, Vector256<float> no) =>
        Vector256.ConditionalSelect(Vector256.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v)
    {
        Vector128<float> four = v.GetLower() + v.GetUpper();
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> v)
    {
        Vector128<float> four = Sse.Max(v.GetLower(), v.GetUpper());
        Vector128<float> two = Sse.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Sse.Max(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> First(int n) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(n)).AsSingle();
}

/// <summary>The runtime's portable vectors, as wide as the processor has them.</summary>
readonly unsafe struct SimdPortable : ISimd<Vector<float>>
{
    public static int Count => Vector<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* p) => Vector.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<float> v, float* p) => v.Store(p);

    public static Vector<float> LoadSome(float* p, int n)
    {
        float* all = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            all[i] = i < n ? p[i] : 0;
        }

        return Vector.Load(all);
    }

    public static void StoreSome(Vector<float> v, float* p, int n)
    {
        for (int i = 0; i < n; i++)
        {
            p[i] = v[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Create(float value) => Vector.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Subtract(Vector<float> a, Vector<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Multiply(Vector<float> a, Vector<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Divide(Vector<float> a, Vector<float> b) => a / b;

    // Fused where the processor can, else two roundings: the portable tier must not fall back to scalar code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Fma(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Max(Vector<float> a, Vector<float> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Min(Vector<float> a, Vector<float> b) => Vector.ConditionalSelect(Vector.LessThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sqrt(Vector<float> v) => Vector.SquareRoot(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Abs(Vector<float> v) => Vector.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Round(Vector<float> v) => Vector.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Scale(Vector<float> v, Vector<float> n)
    {
        Vector<int> whole = Vector.ConvertToInt32Native(n);
        Vector<int> half = whole >> 1;
        return v * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> ScaleOrNothing(Vector<float> v, Vector<float> n) =>
        WhereLess(n, new Vector<float>(-125f), Vector<float>.Zero, Vector.AsVectorSingle(Vector.AsVectorInt32(v) + (Vector.ConvertToInt32Native(n) << 23)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle((n + Vector.Create(127)) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereLess(Vector<float> a, Vector<float> b, Vector<float> yes, Vector<float> no) =>
        Vector.ConditionalSelect(Vector.LessThan(a, b), yes, no);

    public static float Sum(Vector<float> v)
    {
        float sum = 0;
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            sum += v[i];
        }

        return sum;
    }

    public static float Largest(Vector<float> v)
    {
        float largest = v[0];
        for (int i = 1; i < Vector<float>.Count; i++)
        {
            largest = v[i] > largest ? v[i] : largest;
        }

        return largest;
    }
}
