using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// The register tiles of float32 products: some rows by two vectors of outputs, all of k in one go. Each number of the
/// result is one accumulator lane that takes its products in the order of k, so every tile gives the same bits for a row.
/// </summary>
/// <remarks>
/// a: <c>[k][rows]</c>. b0, b1: <c>[k]</c>, <see cref="Panel.Lanes"/> floats apart. c: rows <c>ldc</c> floats apart; it is
/// added to (<c>add</c>) or overwritten.
/// </remarks>
static unsafe class FloatTile<TVector, TOps>
    where TVector : struct
    where TOps : struct, IFloatVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        TVector x1 = TOps.Zero, y1 = TOps.Zero;
        TVector x2 = TOps.Zero, y2 = TOps.Zero;
        TVector x3 = TOps.Zero, y3 = TOps.Zero;
        TVector x4 = TOps.Zero, y4 = TOps.Zero;
        TVector x5 = TOps.Zero, y5 = TOps.Zero;
        TVector x6 = TOps.Zero, y6 = TOps.Zero;
        TVector x7 = TOps.Zero, y7 = TOps.Zero;
        TVector x8 = TOps.Zero, y8 = TOps.Zero;
        TVector x9 = TOps.Zero, y9 = TOps.Zero;
        TVector x10 = TOps.Zero, y10 = TOps.Zero;
        TVector x11 = TOps.Zero, y11 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width); p += ldc;
            x1 = TOps.Load(p); y1 = TOps.Load(p + width); p += ldc;
            x2 = TOps.Load(p); y2 = TOps.Load(p + width); p += ldc;
            x3 = TOps.Load(p); y3 = TOps.Load(p + width); p += ldc;
            x4 = TOps.Load(p); y4 = TOps.Load(p + width); p += ldc;
            x5 = TOps.Load(p); y5 = TOps.Load(p + width); p += ldc;
            x6 = TOps.Load(p); y6 = TOps.Load(p + width); p += ldc;
            x7 = TOps.Load(p); y7 = TOps.Load(p + width); p += ldc;
            x8 = TOps.Load(p); y8 = TOps.Load(p + width); p += ldc;
            x9 = TOps.Load(p); y9 = TOps.Load(p + width); p += ldc;
            x10 = TOps.Load(p); y10 = TOps.Load(p + width); p += ldc;
            x11 = TOps.Load(p); y11 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            s = TOps.Broadcast(a[1]); x1 = TOps.MultiplyAdd(s, u, x1); y1 = TOps.MultiplyAdd(s, v, y1);
            s = TOps.Broadcast(a[2]); x2 = TOps.MultiplyAdd(s, u, x2); y2 = TOps.MultiplyAdd(s, v, y2);
            s = TOps.Broadcast(a[3]); x3 = TOps.MultiplyAdd(s, u, x3); y3 = TOps.MultiplyAdd(s, v, y3);
            s = TOps.Broadcast(a[4]); x4 = TOps.MultiplyAdd(s, u, x4); y4 = TOps.MultiplyAdd(s, v, y4);
            s = TOps.Broadcast(a[5]); x5 = TOps.MultiplyAdd(s, u, x5); y5 = TOps.MultiplyAdd(s, v, y5);
            s = TOps.Broadcast(a[6]); x6 = TOps.MultiplyAdd(s, u, x6); y6 = TOps.MultiplyAdd(s, v, y6);
            s = TOps.Broadcast(a[7]); x7 = TOps.MultiplyAdd(s, u, x7); y7 = TOps.MultiplyAdd(s, v, y7);
            s = TOps.Broadcast(a[8]); x8 = TOps.MultiplyAdd(s, u, x8); y8 = TOps.MultiplyAdd(s, v, y8);
            s = TOps.Broadcast(a[9]); x9 = TOps.MultiplyAdd(s, u, x9); y9 = TOps.MultiplyAdd(s, v, y9);
            s = TOps.Broadcast(a[10]); x10 = TOps.MultiplyAdd(s, u, x10); y10 = TOps.MultiplyAdd(s, v, y10);
            s = TOps.Broadcast(a[11]); x11 = TOps.MultiplyAdd(s, u, x11); y11 = TOps.MultiplyAdd(s, v, y11);
            a += 12;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0); c += ldc;
        TOps.Store(c, x1); TOps.Store(c + width, y1); c += ldc;
        TOps.Store(c, x2); TOps.Store(c + width, y2); c += ldc;
        TOps.Store(c, x3); TOps.Store(c + width, y3); c += ldc;
        TOps.Store(c, x4); TOps.Store(c + width, y4); c += ldc;
        TOps.Store(c, x5); TOps.Store(c + width, y5); c += ldc;
        TOps.Store(c, x6); TOps.Store(c + width, y6); c += ldc;
        TOps.Store(c, x7); TOps.Store(c + width, y7); c += ldc;
        TOps.Store(c, x8); TOps.Store(c + width, y8); c += ldc;
        TOps.Store(c, x9); TOps.Store(c + width, y9); c += ldc;
        TOps.Store(c, x10); TOps.Store(c + width, y10); c += ldc;
        TOps.Store(c, x11); TOps.Store(c + width, y11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        TVector x1 = TOps.Zero, y1 = TOps.Zero;
        TVector x2 = TOps.Zero, y2 = TOps.Zero;
        TVector x3 = TOps.Zero, y3 = TOps.Zero;
        TVector x4 = TOps.Zero, y4 = TOps.Zero;
        TVector x5 = TOps.Zero, y5 = TOps.Zero;
        TVector x6 = TOps.Zero, y6 = TOps.Zero;
        TVector x7 = TOps.Zero, y7 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width); p += ldc;
            x1 = TOps.Load(p); y1 = TOps.Load(p + width); p += ldc;
            x2 = TOps.Load(p); y2 = TOps.Load(p + width); p += ldc;
            x3 = TOps.Load(p); y3 = TOps.Load(p + width); p += ldc;
            x4 = TOps.Load(p); y4 = TOps.Load(p + width); p += ldc;
            x5 = TOps.Load(p); y5 = TOps.Load(p + width); p += ldc;
            x6 = TOps.Load(p); y6 = TOps.Load(p + width); p += ldc;
            x7 = TOps.Load(p); y7 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            s = TOps.Broadcast(a[1]); x1 = TOps.MultiplyAdd(s, u, x1); y1 = TOps.MultiplyAdd(s, v, y1);
            s = TOps.Broadcast(a[2]); x2 = TOps.MultiplyAdd(s, u, x2); y2 = TOps.MultiplyAdd(s, v, y2);
            s = TOps.Broadcast(a[3]); x3 = TOps.MultiplyAdd(s, u, x3); y3 = TOps.MultiplyAdd(s, v, y3);
            s = TOps.Broadcast(a[4]); x4 = TOps.MultiplyAdd(s, u, x4); y4 = TOps.MultiplyAdd(s, v, y4);
            s = TOps.Broadcast(a[5]); x5 = TOps.MultiplyAdd(s, u, x5); y5 = TOps.MultiplyAdd(s, v, y5);
            s = TOps.Broadcast(a[6]); x6 = TOps.MultiplyAdd(s, u, x6); y6 = TOps.MultiplyAdd(s, v, y6);
            s = TOps.Broadcast(a[7]); x7 = TOps.MultiplyAdd(s, u, x7); y7 = TOps.MultiplyAdd(s, v, y7);
            a += 8;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0); c += ldc;
        TOps.Store(c, x1); TOps.Store(c + width, y1); c += ldc;
        TOps.Store(c, x2); TOps.Store(c + width, y2); c += ldc;
        TOps.Store(c, x3); TOps.Store(c + width, y3); c += ldc;
        TOps.Store(c, x4); TOps.Store(c + width, y4); c += ldc;
        TOps.Store(c, x5); TOps.Store(c + width, y5); c += ldc;
        TOps.Store(c, x6); TOps.Store(c + width, y6); c += ldc;
        TOps.Store(c, x7); TOps.Store(c + width, y7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        TVector x1 = TOps.Zero, y1 = TOps.Zero;
        TVector x2 = TOps.Zero, y2 = TOps.Zero;
        TVector x3 = TOps.Zero, y3 = TOps.Zero;
        TVector x4 = TOps.Zero, y4 = TOps.Zero;
        TVector x5 = TOps.Zero, y5 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width); p += ldc;
            x1 = TOps.Load(p); y1 = TOps.Load(p + width); p += ldc;
            x2 = TOps.Load(p); y2 = TOps.Load(p + width); p += ldc;
            x3 = TOps.Load(p); y3 = TOps.Load(p + width); p += ldc;
            x4 = TOps.Load(p); y4 = TOps.Load(p + width); p += ldc;
            x5 = TOps.Load(p); y5 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            s = TOps.Broadcast(a[1]); x1 = TOps.MultiplyAdd(s, u, x1); y1 = TOps.MultiplyAdd(s, v, y1);
            s = TOps.Broadcast(a[2]); x2 = TOps.MultiplyAdd(s, u, x2); y2 = TOps.MultiplyAdd(s, v, y2);
            s = TOps.Broadcast(a[3]); x3 = TOps.MultiplyAdd(s, u, x3); y3 = TOps.MultiplyAdd(s, v, y3);
            s = TOps.Broadcast(a[4]); x4 = TOps.MultiplyAdd(s, u, x4); y4 = TOps.MultiplyAdd(s, v, y4);
            s = TOps.Broadcast(a[5]); x5 = TOps.MultiplyAdd(s, u, x5); y5 = TOps.MultiplyAdd(s, v, y5);
            a += 6;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0); c += ldc;
        TOps.Store(c, x1); TOps.Store(c + width, y1); c += ldc;
        TOps.Store(c, x2); TOps.Store(c + width, y2); c += ldc;
        TOps.Store(c, x3); TOps.Store(c + width, y3); c += ldc;
        TOps.Store(c, x4); TOps.Store(c + width, y4); c += ldc;
        TOps.Store(c, x5); TOps.Store(c + width, y5);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        TVector x1 = TOps.Zero, y1 = TOps.Zero;
        TVector x2 = TOps.Zero, y2 = TOps.Zero;
        TVector x3 = TOps.Zero, y3 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width); p += ldc;
            x1 = TOps.Load(p); y1 = TOps.Load(p + width); p += ldc;
            x2 = TOps.Load(p); y2 = TOps.Load(p + width); p += ldc;
            x3 = TOps.Load(p); y3 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            s = TOps.Broadcast(a[1]); x1 = TOps.MultiplyAdd(s, u, x1); y1 = TOps.MultiplyAdd(s, v, y1);
            s = TOps.Broadcast(a[2]); x2 = TOps.MultiplyAdd(s, u, x2); y2 = TOps.MultiplyAdd(s, v, y2);
            s = TOps.Broadcast(a[3]); x3 = TOps.MultiplyAdd(s, u, x3); y3 = TOps.MultiplyAdd(s, v, y3);
            a += 4;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0); c += ldc;
        TOps.Store(c, x1); TOps.Store(c + width, y1); c += ldc;
        TOps.Store(c, x2); TOps.Store(c + width, y2); c += ldc;
        TOps.Store(c, x3); TOps.Store(c + width, y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        TVector x1 = TOps.Zero, y1 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width); p += ldc;
            x1 = TOps.Load(p); y1 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            s = TOps.Broadcast(a[1]); x1 = TOps.MultiplyAdd(s, u, x1); y1 = TOps.MultiplyAdd(s, v, y1);
            a += 2;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0); c += ldc;
        TOps.Store(c, x1); TOps.Store(c + width, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1(nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        TVector x0 = TOps.Zero, y0 = TOps.Zero;
        int width = TOps.Count;
        if (add)
        {
            float* p = c;
            x0 = TOps.Load(p); y0 = TOps.Load(p + width);
        }

        for (; k > 0; k--)
        {
            TVector u = TOps.Load(b0), v = TOps.Load(b1), s;
            s = TOps.Broadcast(a[0]); x0 = TOps.MultiplyAdd(s, u, x0); y0 = TOps.MultiplyAdd(s, v, y0);
            a += 1;
            b0 += Panel.Lanes;
            b1 += Panel.Lanes;
        }

        TOps.Store(c, x0); TOps.Store(c + width, y0);
    }
}
