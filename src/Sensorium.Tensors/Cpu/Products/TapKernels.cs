using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>A tier's sum over a window for all outputs of a cell.</summary>
abstract unsafe class TapKernels
{
    /// <summary>The kernels of a tier.</summary>
    public static TapKernels Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx512 => Kernels<System.Runtime.Intrinsics.Vector512<float>, Floats512>.Instance,
        KernelTier.Avx2 => Kernels<System.Runtime.Intrinsics.Vector256<float>, Floats256>.Instance,
        _ => Kernels<System.Numerics.Vector<float>, FloatsPortable>.Instance,
    };

    /// <summary>y[o] = sum over taps of x[o / multiplier] · w[o].</summary>
    /// <param name="x">The window's first cell.</param>
    /// <param name="stepX">Floats from cell to cell along a row of the window.</param>
    /// <param name="stepY">Floats from row to row of it.</param>
    /// <param name="w">The first tap, [outputs].</param>
    /// <param name="outputs">How many outputs; also floats from tap to tap along a row.</param>
    /// <param name="rowW">Floats from row to row of taps.</param>
    /// <param name="width">Cells in a row of the window.</param>
    /// <param name="height">Rows.</param>
    /// <param name="y">[outputs]</param>
    /// <param name="multiplier">Outputs of a channel.</param>
    public abstract void Cell(float* x, nint stepX, nint stepY, float* w, nint outputs, nint rowW, int width, int height, float* y, nint multiplier);

    sealed class Kernels<TVector, TOps> : TapKernels
        where TVector : struct
        where TOps : struct, IFloatVector<TVector>
    {
        public static readonly Kernels<TVector, TOps> Instance = new();

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Cell(float* x, nint stepX, nint stepY, float* w, nint outputs, nint rowW, int width, int height, float* y, nint multiplier)
        {
            int count = TOps.Count;
            if (multiplier != 1 && multiplier != outputs)
            {
                for (nint o = 0; o < outputs; o++)
                {
                    One(x + o / multiplier, stepX, stepY, w + o, outputs, rowW, width, height, y + o);
                }

                return;
            }

            bool shared = multiplier == outputs && outputs != 1;
            nint c = 0;
            for (; c + 4 * count <= outputs; c += 4 * count)
            {
                Four(x + (shared ? 0 : c), shared, stepX, stepY, w + c, outputs, rowW, width, height, y + c);
            }

            // The last vector reaches back over outputs that are done: it gives the same there.
            for (; c < outputs; c += count)
            {
                nint at = c + count <= outputs ? c : outputs - count;
                if (at >= 0)
                {
                    Vector(x + (shared ? 0 : at), shared, stepX, stepY, w + at, outputs, rowW, width, height, y + at);
                    continue;
                }

                for (nint o = 0; o < outputs; o++)
                {
                    One(x + (shared ? 0 : o), stepX, stepY, w + o, outputs, rowW, width, height, y + o);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Four(float* x, bool shared, nint stepX, nint stepY, float* w, nint tap, nint rowW, int width, int height, float* y)
        {
            int count = TOps.Count;
            TVector a = TOps.Zero, b = TOps.Zero, c = TOps.Zero, d = TOps.Zero;
            for (; height > 0; height--, x += stepY, w += rowW)
            {
                float* p = x, q = w;
                for (int i = width; i > 0; i--, p += stepX, q += tap)
                {
                    if (shared)
                    {
                        TVector one = TOps.Broadcast(*p);
                        a = TOps.MultiplyAdd(one, TOps.Load(q), a);
                        b = TOps.MultiplyAdd(one, TOps.Load(q + count), b);
                        c = TOps.MultiplyAdd(one, TOps.Load(q + 2 * count), c);
                        d = TOps.MultiplyAdd(one, TOps.Load(q + 3 * count), d);
                        continue;
                    }

                    a = TOps.MultiplyAdd(TOps.Load(p), TOps.Load(q), a);
                    b = TOps.MultiplyAdd(TOps.Load(p + count), TOps.Load(q + count), b);
                    c = TOps.MultiplyAdd(TOps.Load(p + 2 * count), TOps.Load(q + 2 * count), c);
                    d = TOps.MultiplyAdd(TOps.Load(p + 3 * count), TOps.Load(q + 3 * count), d);
                }
            }

            TOps.Store(y, a);
            TOps.Store(y + count, b);
            TOps.Store(y + 2 * count, c);
            TOps.Store(y + 3 * count, d);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Vector(float* x, bool shared, nint stepX, nint stepY, float* w, nint tap, nint rowW, int width, int height, float* y)
        {
            TVector a = TOps.Zero;
            for (; height > 0; height--, x += stepY, w += rowW)
            {
                float* p = x, q = w;
                for (int i = width; i > 0; i--, p += stepX, q += tap)
                {
                    a = TOps.MultiplyAdd(shared ? TOps.Broadcast(*p) : TOps.Load(p), TOps.Load(q), a);
                }
            }

            TOps.Store(y, a);
        }

        static void One(float* x, nint stepX, nint stepY, float* w, nint tap, nint rowW, int width, int height, float* y)
        {
            float a = 0;
            for (; height > 0; height--, x += stepY, w += rowW)
            {
                float* p = x, q = w;
                for (int i = width; i > 0; i--, p += stepX, q += tap)
                {
                    a = MathF.FusedMultiplyAdd(*p, *q, a);
                }
            }

            *y = a;
        }
    }
}
