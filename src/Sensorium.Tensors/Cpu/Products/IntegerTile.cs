using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Which scales a layout has, known when the kernel is compiled.</summary>
interface IScaleScheme
{
    /// <summary>A scale for each 16 inputs, not each 32.</summary>
    static abstract bool Halves { get; }

    /// <summary>A minimum beside each scale.</summary>
    static abstract bool Minima { get; }
}

/// <summary>One scale a block.</summary>
readonly struct PlainScales : IScaleScheme
{
    public static bool Halves => false;

    public static bool Minima => false;
}

/// <summary>A scale and a minimum a block.</summary>
readonly struct ScalesAndMinima : IScaleScheme
{
    public static bool Halves => false;

    public static bool Minima => true;
}

/// <summary>Two scales a block.</summary>
readonly struct HalfBlockScales : IScaleScheme
{
    public static bool Halves => true;

    public static bool Minima => false;
}

/// <summary>Two scales and two minima a block.</summary>
readonly struct HalfBlockScalesAndMinima : IScaleScheme
{
    public static bool Halves => true;

    public static bool Minima => true;
}

/// <summary>
/// The register tiles of integer products: some rows by 16 outputs. Within a scale's inputs sums are exact integers;
/// across them a float32 lane an output takes sum · (weight scale · row scale) in the order of k, so every tile gives the
/// same bits for a row.
/// </summary>
static unsafe class IntegerTile<TDot, TScheme>
    where TDot : struct, IDotOps
    where TScheme : struct, IScaleScheme
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(nint blocks, sbyte* a, RowScale* rows, nint step, byte* quads, float* scales, float* minima, int offset, float* c, nint ldc, bool add)
    {
        Vector256<float> f0 = default, g0 = default;
        Vector256<float> f1 = default, g1 = default;
        Vector256<float> f2 = default, g2 = default;
        Vector256<float> f3 = default, g3 = default;
        if (add)
        {
            f0 = Vector256.Load(c + 0 * ldc); g0 = Vector256.Load(c + 0 * ldc + 8);
            f1 = Vector256.Load(c + 1 * ldc); g1 = Vector256.Load(c + 1 * ldc + 8);
            f2 = Vector256.Load(c + 2 * ldc); g2 = Vector256.Load(c + 2 * ldc + 8);
            f3 = Vector256.Load(c + 3 * ldc); g3 = Vector256.Load(c + 3 * ldc + 8);
        }

        int correction = TDot.SubtractsOffset ? 0 : -offset;
        for (; blocks > 0; blocks--)
        {
            for (int half = 0; half < (TScheme.Halves ? 2 : 1); half++)
            {
                int n0 = TScheme.Halves ? (half == 0 ? rows->First : rows->Second) : rows->Both;
                int n1 = TScheme.Halves ? (half == 0 ? rows[1].First : rows[1].Second) : rows[1].Both;
                int n2 = TScheme.Halves ? (half == 0 ? rows[2].First : rows[2].Second) : rows[2].Both;
                int n3 = TScheme.Halves ? (half == 0 ? rows[3].First : rows[3].Second) : rows[3].Both;
                Vector256<int> x0 = Vector256.Create(correction * n0), y0 = x0;
                Vector256<int> x1 = Vector256.Create(correction * n1), y1 = x1;
                Vector256<int> x2 = Vector256.Create(correction * n2), y2 = x2;
                Vector256<int> x3 = Vector256.Create(correction * n3), y3 = x3;
                for (int quad = 0; quad < (TScheme.Halves ? 4 : 8); quad++)
                {
                    Vector256<byte> u = Vector256.Load(quads), v = Vector256.Load(quads + 32);
                    Vector256<sbyte> s;
                    s = Vector256.Create(*(int*)a).AsSByte(); x0 = TDot.Dot(x0, u, s); y0 = TDot.Dot(y0, v, s);
                    s = Vector256.Create(*(int*)(a + 1 * Panel.Block)).AsSByte(); x1 = TDot.Dot(x1, u, s); y1 = TDot.Dot(y1, v, s);
                    s = Vector256.Create(*(int*)(a + 2 * Panel.Block)).AsSByte(); x2 = TDot.Dot(x2, u, s); y2 = TDot.Dot(y2, v, s);
                    s = Vector256.Create(*(int*)(a + 3 * Panel.Block)).AsSByte(); x3 = TDot.Dot(x3, u, s); y3 = TDot.Dot(y3, v, s);
                    quads += 64;
                    a += 4;
                }

                Vector256<float> scale0 = Vector256.Load(scales), scale1 = Vector256.Load(scales + 8);
                Vector256<float> d;
                d = Vector256.Create(rows->Scale);
                f0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x0), scale0 * d, f0);
                g0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y0), scale1 * d, g0);
                d = Vector256.Create(rows[1].Scale);
                f1 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x1), scale0 * d, f1);
                g1 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y1), scale1 * d, g1);
                d = Vector256.Create(rows[2].Scale);
                f2 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x2), scale0 * d, f2);
                g2 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y2), scale1 * d, g2);
                d = Vector256.Create(rows[3].Scale);
                f3 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x3), scale0 * d, f3);
                g3 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y3), scale1 * d, g3);
                scales += Panel.Lanes;
                if (TScheme.Minima)
                {
                    scale0 = Vector256.Load(minima); scale1 = Vector256.Load(minima + 8);
                    d = Vector256.Create(rows->Scale * n0);
                    f0 = Vector256.MultiplyAddEstimate(scale0, d, f0); g0 = Vector256.MultiplyAddEstimate(scale1, d, g0);
                    d = Vector256.Create(rows[1].Scale * n1);
                    f1 = Vector256.MultiplyAddEstimate(scale0, d, f1); g1 = Vector256.MultiplyAddEstimate(scale1, d, g1);
                    d = Vector256.Create(rows[2].Scale * n2);
                    f2 = Vector256.MultiplyAddEstimate(scale0, d, f2); g2 = Vector256.MultiplyAddEstimate(scale1, d, g2);
                    d = Vector256.Create(rows[3].Scale * n3);
                    f3 = Vector256.MultiplyAddEstimate(scale0, d, f3); g3 = Vector256.MultiplyAddEstimate(scale1, d, g3);
                    minima += Panel.Lanes;
                }
            }

            a += step - Panel.Block;
            rows = (RowScale*)((byte*)rows + step);
        }

        f0.Store(c + 0 * ldc); g0.Store(c + 0 * ldc + 8);
        f1.Store(c + 1 * ldc); g1.Store(c + 1 * ldc + 8);
        f2.Store(c + 2 * ldc); g2.Store(c + 2 * ldc + 8);
        f3.Store(c + 3 * ldc); g3.Store(c + 3 * ldc + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(nint blocks, sbyte* a, RowScale* rows, nint step, byte* quads, float* scales, float* minima, int offset, float* c, nint ldc, bool add)
    {
        Vector256<float> f0 = default, g0 = default;
        Vector256<float> f1 = default, g1 = default;
        if (add)
        {
            f0 = Vector256.Load(c + 0 * ldc); g0 = Vector256.Load(c + 0 * ldc + 8);
            f1 = Vector256.Load(c + 1 * ldc); g1 = Vector256.Load(c + 1 * ldc + 8);
        }

        int correction = TDot.SubtractsOffset ? 0 : -offset;
        for (; blocks > 0; blocks--)
        {
            for (int half = 0; half < (TScheme.Halves ? 2 : 1); half++)
            {
                int n0 = TScheme.Halves ? (half == 0 ? rows->First : rows->Second) : rows->Both;
                int n1 = TScheme.Halves ? (half == 0 ? rows[1].First : rows[1].Second) : rows[1].Both;
                Vector256<int> x0 = Vector256.Create(correction * n0), y0 = x0;
                Vector256<int> x1 = Vector256.Create(correction * n1), y1 = x1;
                for (int quad = 0; quad < (TScheme.Halves ? 4 : 8); quad++)
                {
                    Vector256<byte> u = Vector256.Load(quads), v = Vector256.Load(quads + 32);
                    Vector256<sbyte> s;
                    s = Vector256.Create(*(int*)a).AsSByte(); x0 = TDot.Dot(x0, u, s); y0 = TDot.Dot(y0, v, s);
                    s = Vector256.Create(*(int*)(a + 1 * Panel.Block)).AsSByte(); x1 = TDot.Dot(x1, u, s); y1 = TDot.Dot(y1, v, s);
                    quads += 64;
                    a += 4;
                }

                Vector256<float> scale0 = Vector256.Load(scales), scale1 = Vector256.Load(scales + 8);
                Vector256<float> d;
                d = Vector256.Create(rows->Scale);
                f0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x0), scale0 * d, f0);
                g0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y0), scale1 * d, g0);
                d = Vector256.Create(rows[1].Scale);
                f1 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x1), scale0 * d, f1);
                g1 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y1), scale1 * d, g1);
                scales += Panel.Lanes;
                if (TScheme.Minima)
                {
                    scale0 = Vector256.Load(minima); scale1 = Vector256.Load(minima + 8);
                    d = Vector256.Create(rows->Scale * n0);
                    f0 = Vector256.MultiplyAddEstimate(scale0, d, f0); g0 = Vector256.MultiplyAddEstimate(scale1, d, g0);
                    d = Vector256.Create(rows[1].Scale * n1);
                    f1 = Vector256.MultiplyAddEstimate(scale0, d, f1); g1 = Vector256.MultiplyAddEstimate(scale1, d, g1);
                    minima += Panel.Lanes;
                }
            }

            a += step - Panel.Block;
            rows = (RowScale*)((byte*)rows + step);
        }

        f0.Store(c + 0 * ldc); g0.Store(c + 0 * ldc + 8);
        f1.Store(c + 1 * ldc); g1.Store(c + 1 * ldc + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1(nint blocks, sbyte* a, RowScale* rows, nint step, byte* quads, float* scales, float* minima, int offset, float* c, nint ldc, bool add)
    {
        Vector256<float> f0 = default, g0 = default;
        if (add)
        {
            f0 = Vector256.Load(c + 0 * ldc); g0 = Vector256.Load(c + 0 * ldc + 8);
        }

        int correction = TDot.SubtractsOffset ? 0 : -offset;
        for (; blocks > 0; blocks--)
        {
            for (int half = 0; half < (TScheme.Halves ? 2 : 1); half++)
            {
                int n0 = TScheme.Halves ? (half == 0 ? rows->First : rows->Second) : rows->Both;
                Vector256<int> x0 = Vector256.Create(correction * n0), y0 = x0;
                for (int quad = 0; quad < (TScheme.Halves ? 4 : 8); quad++)
                {
                    Vector256<byte> u = Vector256.Load(quads), v = Vector256.Load(quads + 32);
                    Vector256<sbyte> s;
                    s = Vector256.Create(*(int*)a).AsSByte(); x0 = TDot.Dot(x0, u, s); y0 = TDot.Dot(y0, v, s);
                    quads += 64;
                    a += 4;
                }

                Vector256<float> scale0 = Vector256.Load(scales), scale1 = Vector256.Load(scales + 8);
                Vector256<float> d;
                d = Vector256.Create(rows->Scale);
                f0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(x0), scale0 * d, f0);
                g0 = Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(y0), scale1 * d, g0);
                scales += Panel.Lanes;
                if (TScheme.Minima)
                {
                    scale0 = Vector256.Load(minima); scale1 = Vector256.Load(minima + 8);
                    d = Vector256.Create(rows->Scale * n0);
                    f0 = Vector256.MultiplyAddEstimate(scale0, d, f0); g0 = Vector256.MultiplyAddEstimate(scale1, d, g0);
                    minima += Panel.Lanes;
                }
            }

            a += step - Panel.Block;
            rows = (RowScale*)((byte*)rows + step);
        }

        f0.Store(c + 0 * ldc); g0.Store(c + 0 * ldc + 8);
    }
}
