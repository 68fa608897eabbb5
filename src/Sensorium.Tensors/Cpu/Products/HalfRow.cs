using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// One row by four vectors of outputs straight from the packed pairs, for decoding at the memory's speed. The same
/// products in the same order as <see cref="FloatTile{TVector, TOps}"/>.
/// </summary>
static unsafe class HalfRow<TVector, TOps, TPairs>
    where TVector : struct
    where TOps : struct, IFloatVector<TVector>
    where TPairs : struct, IPairReader<TVector>
{
    // Far enough to cover the memory's latency, within what the group or its neighbour holds.
    const int Ahead = 2048;

    /// <param name="inputs">How many inputs.</param>
    /// <param name="x">[inputs]</param>
    /// <param name="b0">The first vector's pairs, 64 bytes from pair to pair; so the others.</param>
    /// <param name="b1">The second's.</param>
    /// <param name="b2">The third's.</param>
    /// <param name="b3">The fourth's.</param>
    /// <param name="c">Four vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(nint inputs, float* x, byte* b0, byte* b1, byte* b2, byte* b3, float* c)
    {
        TVector s = TOps.Zero, t = TOps.Zero, u = TOps.Zero, v = TOps.Zero;
        nint pairs = inputs / 2, at = 0;
        for (; pairs > 0; pairs--, x += 2, at += 64)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(b0 + at + Ahead);
                Sse.Prefetch0(b1 + at + Ahead);
                Sse.Prefetch0(b2 + at + Ahead);
                Sse.Prefetch0(b3 + at + Ahead);
            }

            TVector one = TOps.Broadcast(x[0]);
            s = TOps.MultiplyAdd(one, TPairs.Lower(b0 + at), s);
            t = TOps.MultiplyAdd(one, TPairs.Lower(b1 + at), t);
            u = TOps.MultiplyAdd(one, TPairs.Lower(b2 + at), u);
            v = TOps.MultiplyAdd(one, TPairs.Lower(b3 + at), v);
            one = TOps.Broadcast(x[1]);
            s = TOps.MultiplyAdd(one, TPairs.Upper(b0 + at), s);
            t = TOps.MultiplyAdd(one, TPairs.Upper(b1 + at), t);
            u = TOps.MultiplyAdd(one, TPairs.Upper(b2 + at), u);
            v = TOps.MultiplyAdd(one, TPairs.Upper(b3 + at), v);
        }

        if (inputs % 2 != 0)
        {
            TVector one = TOps.Broadcast(x[0]);
            s = TOps.MultiplyAdd(one, TPairs.Lower(b0 + at), s);
            t = TOps.MultiplyAdd(one, TPairs.Lower(b1 + at), t);
            u = TOps.MultiplyAdd(one, TPairs.Lower(b2 + at), u);
            v = TOps.MultiplyAdd(one, TPairs.Lower(b3 + at), v);
        }

        int width = TOps.Count;
        TOps.Store(c, s);
        TOps.Store(c + width, t);
        TOps.Store(c + 2 * width, u);
        TOps.Store(c + 3 * width, v);
    }
}
