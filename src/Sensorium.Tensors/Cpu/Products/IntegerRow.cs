using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// One row by 16 outputs straight from the packed integers, for decoding at the memory's speed. The same sums in the same
/// order as <see cref="IntegerTile{TDot, TScheme}"/>.
/// </summary>
static unsafe class IntegerRow<TDot, TScheme, TQuads>
    where TDot : struct, IDotOps
    where TScheme : struct, IScaleScheme
    where TQuads : struct, IQuadReader
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(nint blocks, sbyte* a, RowScale* row, nint step, byte* from, float* scales, float* minima, int offset, float* c, bool add)
    {
        Vector256<float> f = default, g = default;
        if (add)
        {
            f = Vector256.Load(c);
            g = Vector256.Load(c + 8);
        }

        // Far enough to cover the memory's latency; what follows the group's integers is read next.
        const int Ahead = 3072;
        int correction = TDot.SubtractsOffset ? 0 : -offset;
        for (; blocks > 0; blocks--)
        {
            if (Sse.IsSupported)
            {
                // Two lines at least; the wider planes have more.
                Sse.Prefetch0(from + Ahead);
                Sse.Prefetch0(from + Ahead + 64);
                if (TQuads.BlockBytes >= 192)
                {
                    Sse.Prefetch0(from + Ahead + 128);
                }

                if (TQuads.BlockBytes >= 256)
                {
                    Sse.Prefetch0(from + Ahead + 192);
                }

                if (TQuads.BlockBytes >= 320)
                {
                    Sse.Prefetch0(from + Ahead + 256);
                }

                if (TQuads.BlockBytes >= 384)
                {
                    Sse.Prefetch0(from + Ahead + 320);
                }

                if (TQuads.BlockBytes >= 512)
                {
                    Sse.Prefetch0(from + Ahead + 384);
                    Sse.Prefetch0(from + Ahead + 448);
                }
            }

            Vector256<int> x = Vector256.Create(correction * row->First), y = x;
            Vector256<int> z = Vector256.Create(correction * row->Second), w = z;
            Vector256<sbyte> s = Vector256.Create(*(int*)a).AsSByte();
            x = TDot.Dot(x, TQuads.Quad(from, 0), s);
            y = TDot.Dot(y, TQuads.Quad(from + 32, 0), s);
            s = Vector256.Create(*(int*)(a + 16)).AsSByte();
            z = TDot.Dot(z, TQuads.Quad(from, 4), s);
            w = TDot.Dot(w, TQuads.Quad(from + 32, 4), s);
            s = Vector256.Create(*(int*)(a + 4)).AsSByte();
            x = TDot.Dot(x, TQuads.Quad(from, 1), s);
            y = TDot.Dot(y, TQuads.Quad(from + 32, 1), s);
            s = Vector256.Create(*(int*)(a + 20)).AsSByte();
            z = TDot.Dot(z, TQuads.Quad(from, 5), s);
            w = TDot.Dot(w, TQuads.Quad(from + 32, 5), s);
            s = Vector256.Create(*(int*)(a + 8)).AsSByte();
            x = TDot.Dot(x, TQuads.Quad(from, 2), s);
            y = TDot.Dot(y, TQuads.Quad(from + 32, 2), s);
            s = Vector256.Create(*(int*)(a + 24)).AsSByte();
            z = TDot.Dot(z, TQuads.Quad(from, 6), s);
            w = TDot.Dot(w, TQuads.Quad(from + 32, 6), s);
            s = Vector256.Create(*(int*)(a + 12)).AsSByte();
            x = TDot.Dot(x, TQuads.Quad(from, 3), s);
            y = TDot.Dot(y, TQuads.Quad(from + 32, 3), s);
            s = Vector256.Create(*(int*)(a + 28)).AsSByte();
            z = TDot.Dot(z, TQuads.Quad(from, 7), s);
            w = TDot.Dot(w, TQuads.Quad(from + 32, 7), s);
            Vector256<float> d = Vector256.Create(row->Scale);
            if (!TScheme.Halves)
            {
                f = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x + z), Vector256.Load(scales) * d, f);
                g = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y + w), Vector256.Load(scales + 8) * d, g);
                if (TScheme.Minima)
                {
                    d = Vector256.Create(row->Scale * row->Both);
                    f = Vector256.MultiplyAddEstimate(Vector256.Load(minima), d, f);
                    g = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 8), d, g);
                }
            }
            else
            {
                f = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x), Vector256.Load(scales) * d, f);
                g = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y), Vector256.Load(scales + 8) * d, g);
                if (TScheme.Minima)
                {
                    Vector256<float> first = Vector256.Create(row->Scale * row->First);
                    f = Vector256.MultiplyAddEstimate(Vector256.Load(minima), first, f);
                    g = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 8), first, g);
                }

                f = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(z), Vector256.Load(scales + 16) * d, f);
                g = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(w), Vector256.Load(scales + 24) * d, g);
                if (TScheme.Minima)
                {
                    Vector256<float> second = Vector256.Create(row->Scale * row->Second);
                    f = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 16), second, f);
                    g = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 24), second, g);
                }
            }

            from += TQuads.BlockBytes;
            scales += TScheme.Halves ? 32 : 16;
            minima += TScheme.Halves ? 32 : 16;
            a += step;
            row = (RowScale*)((byte*)row + step);
        }

        f.Store(c);
        g.Store(c + 8);
    }
}
