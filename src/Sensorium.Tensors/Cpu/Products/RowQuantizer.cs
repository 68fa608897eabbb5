using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>The scale of 32 quantised activations and what their integers add up to.</summary>
struct RowScale
{
    /// <summary>x = Scale · q.</summary>
    public float Scale;

    /// <summary>Sum of the first 16 integers.</summary>
    public int First;

    /// <summary>Sum of the other 16.</summary>
    public int Second;

    /// <summary>Sum of all.</summary>
    public int Both;

    /// <summary>The same sums times <see cref="Scale"/>, which weights with minima take.</summary>
    public float FirstScaled, SecondScaled, BothScaled;

    /// <summary>Keeps the size a power of two.</summary>
    public float Free;
}

/// <summary>Activations as signed bytes with a scale per 32: x ≈ scale · q, q = round(x / scale), scale = max|x| / 127.</summary>
static unsafe class RowQuantizer
{
    /// <param name="x">[count], a multiple of 32.</param>
    /// <param name="count">How many.</param>
    /// <param name="q">The first 32 integers.</param>
    /// <param name="scale">The first block's scale.</param>
    /// <param name="step">Bytes from block to block of both.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* x, nint count, sbyte* q, RowScale* scale, nint step)
    {
        for (nint block = 0; block < count / 32; block++, x += 32, q += step, scale = (RowScale*)((byte*)scale + step))
        {
            Vector256<float> a = Vector256.Load(x), b = Vector256.Load(x + 8), c = Vector256.Load(x + 16), d = Vector256.Load(x + 24);
            Vector256<float> most = Vector256.Max(
                Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)),
                Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            Vector128<float> four = Vector128.Max(most.GetLower(), most.GetUpper());
            float largest = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
            float unit = largest / 127;
            Vector256<float> inverse = Vector256.Create(unit > 0 ? 127 / largest : 0);
            Vector256<int> i = Round(a * inverse), j = Round(b * inverse), k = Round(c * inverse), l = Round(d * inverse);
            Vector256.Narrow(Vector256.Narrow(i, j), Vector256.Narrow(k, l)).Store(q);
            int first = Vector256.Sum(i + j), second = Vector256.Sum(k + l);
            *scale = new RowScale
            {
                Scale = unit,
                First = first,
                Second = second,
                Both = first + second,
                FirstScaled = first * unit,
                SecondScaled = second * unit,
                BothScaled = (first + second) * unit,
            };
        }
    }

    // Adding 1.5 · 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Round(Vector256<float> x)
    {
        Vector256<float> magic = Vector256.Create(12582912f);
        return (x + magic).AsInt32() - magic.AsInt32();
    }
}
