using System.Numerics;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>Attention's kernels as one tier has them.</summary>
sealed unsafe class AttentionKernels
{
    static readonly AttentionKernels Portable = Make<SimdPortable, Vector<float>>();
    static readonly AttentionKernels Wide256 = Make<Simd256, Vector256<float>>();
    static readonly AttentionKernels Wide512 = Make<Simd512, Vector512<float>>();

    AttentionKernels()
    {
    }

    /// <summary>tile, state, the page's first key, from, to, keys, values; see <see cref="AttentionKernel{S, V}.Page"/>.</summary>
    public delegate*<AttentionTile*, AttentionState, int, int, int, float*, float*, void> Page { get; private init; }

    /// <summary>tile, state, the page's first key, from, to; see <see cref="AttentionKernel{S, V}.Weigh"/>.</summary>
    public delegate*<AttentionTile*, AttentionState, int, int, int, void> WeighPage { get; private init; }

    /// <summary>tile, state; see <see cref="AttentionKernel{S, V}.Shrink"/>.</summary>
    public delegate*<AttentionTile*, AttentionState, void> Shrink { get; private init; }

    /// <summary>tile, total, the part that follows</summary>
    public delegate*<AttentionTile*, AttentionState, AttentionState, void> Merge { get; private init; }

    /// <summary>scores, stride, keys, queries; see <see cref="SoftmaxKernel{S, V}.Look"/>.</summary>
    public delegate*<float*, nint, nint, SoftmaxLanes*, void> Look { get; private init; }

    /// <summary>scores, stride, keys, queries, weights; see <see cref="SoftmaxKernel{S, V}.Weigh"/>.</summary>
    public delegate*<float*, nint, nint, SoftmaxLanes*, float*, void> Weigh { get; private init; }

    public static AttentionKernels Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx512 => Wide512,
        KernelTier.Avx2 => Wide256,
        _ => Portable,
    };

    static AttentionKernels Make<S, V>()
        where S : struct, ISimd<V>
        where V : struct => new()
        {
            Page = &AttentionKernel<S, V>.Page,
            WeighPage = &AttentionKernel<S, V>.Weigh,
            Shrink = &AttentionKernel<S, V>.Shrink,
            Merge = &AttentionKernel<S, V>.Merge,
            Look = &SoftmaxKernel<S, V>.Look,
            Weigh = &SoftmaxKernel<S, V>.Weigh,
        };
}
