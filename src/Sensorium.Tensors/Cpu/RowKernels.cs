using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu;

/// <summary>The kernels over one row of numbers, as one tier has them.</summary>
sealed unsafe class RowKernels
{
    static readonly RowKernels Portable = Make<SimdPortable, Vector<float>>();
    static readonly RowKernels Wide256 = Make<Simd256, Vector256<float>>();
    static readonly RowKernels Wide512 = Make<Simd512, Vector512<float>>();

    RowKernels()
    {
    }

    /// <summary>a, b, destination, count</summary>
    public delegate*<float*, float*, float*, nint, void> Add { get; private init; }

    /// <inheritdoc cref="Add"/>
    public delegate*<float*, float*, float*, nint, void> Subtract { get; private init; }

    /// <inheritdoc cref="Add"/>
    public delegate*<float*, float*, float*, nint, void> Multiply { get; private init; }

    /// <inheritdoc cref="Add"/>
    public delegate*<float*, float*, float*, nint, void> Divide { get; private init; }

    /// <inheritdoc cref="Add"/>
    public delegate*<float*, float*, float*, nint, void> Largest { get; private init; }

    /// <summary>source, destination, count, factor, offset</summary>
    public delegate*<float*, float*, nint, float, float, void> Affine { get; private init; }

    /// <summary>source, mean, scale, bias, destination, count: (source - mean) · scale + bias</summary>
    public delegate*<float*, float*, float*, float*, float*, nint, void> Normalize { get; private init; }

    /// <summary>source, weight or null, destination, count, epsilon, offset</summary>
    public delegate*<float*, float*, float*, nint, float, float, void> RmsNorm { get; private init; }

    /// <summary>source, weight or null, bias or null, destination, count, epsilon</summary>
    public delegate*<float*, float*, float*, float*, nint, float, void> LayerNorm { get; private init; }

    /// <summary>source, destination, count</summary>
    public delegate*<float*, float*, nint, void> Softmax { get; private init; }

    /// <summary>source, cosines, sines, destination, pairs: (i, i + pairs) are a pair.</summary>
    public delegate*<float*, float*, float*, float*, nint, void> RotateHalves { get; private init; }

    /// <summary>source, count: the first index of the largest number; NaN only where there is nothing else.</summary>
    public delegate*<float*, nint, nint> ArgMax { get; private init; }

    public static RowKernels Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx512 => Wide512,
        KernelTier.Avx2 => Wide256,
        _ => Portable,
    };

    static RowKernels Make<S, V>()
        where S : struct, ISimd<V>
        where V : struct => new()
        {
            Add = &RowKernel<S, V>.Pairs<Sum>,
            Subtract = &RowKernel<S, V>.Pairs<Difference>,
            Multiply = &RowKernel<S, V>.Pairs<Product>,
            Divide = &RowKernel<S, V>.Pairs<Quotient>,
            Largest = &RowKernel<S, V>.Pairs<Larger>,
            Affine = &RowKernel<S, V>.Affine,
            Normalize = &RowKernel<S, V>.Normalize,
            RmsNorm = &RowKernel<S, V>.RmsNorm,
            LayerNorm = &RowKernel<S, V>.LayerNorm,
            Softmax = &RowKernel<S, V>.Softmax,
            RotateHalves = &RowKernel<S, V>.RotateHalves,
            ArgMax = &RowKernel<S, V>.ArgMax,
        };

    internal interface IPair
    {
        static abstract V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct;
    }

    readonly struct Sum : IPair
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct => S.Add(a, b);
    }

    readonly struct Difference : IPair
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct => S.Subtract(a, b);
    }

    readonly struct Product : IPair
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct => S.Multiply(a, b);
    }

    readonly struct Quotient : IPair
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct => S.Divide(a, b);
    }

    readonly struct Larger : IPair
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b)
            where S : struct, ISimd<V>
            where V : struct => S.Max(a, b);
    }
}
