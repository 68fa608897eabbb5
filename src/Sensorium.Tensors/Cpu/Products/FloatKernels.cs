using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>A tier's float32 products: rows by 32 outputs.</summary>
abstract unsafe class FloatKernels
{
    /// <summary>The kernels of a tier.</summary>
    public static FloatKernels Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx512 => Kernels<Vector512<float>, Floats512>.Instance,
        KernelTier.Avx2 => Kernels<Vector256<float>, Floats256>.Instance,
        _ => Kernels<System.Numerics.Vector<float>, FloatsPortable>.Instance,
    };

    /// <summary>Rows of the largest register tile.</summary>
    public abstract int MaxRows { get; }

    /// <summary>Rows of the next register tile when so many are left.</summary>
    public abstract int RowsOf(nint left);

    /// <summary>c = a b, or c += a b, for rows of a tile's size.</summary>
    /// <param name="rows">One of the sizes that <see cref="RowsOf"/> gives.</param>
    /// <param name="k">How many products.</param>
    /// <param name="a">[k][rows]</param>
    /// <param name="b0">[k][16], the first 16 outputs.</param>
    /// <param name="b1">[k][16], the other 16; null: there are none.</param>
    /// <param name="c">[rows][32], or [rows][16] where there are no others.</param>
    /// <param name="ldc">Floats from row to row of c.</param>
    /// <param name="add">Whether c holds a sum to go on from.</param>
    /// <param name="next0">What later calls will read of the first group, of which a fourth as many bytes as this one's may be fetched meanwhile; null: nothing.</param>
    /// <param name="next1">The same of the second group.</param>
    public abstract void Multiply(int rows, nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add, void* next0 = null, void* next1 = null);

    /// <summary>c = a b, or c += a b, for many rows by one or two groups of outputs.</summary>
    /// <param name="rows">How many, in tiles as <see cref="RowsOf"/> cuts them.</param>
    /// <param name="wanted">Of how many results are wanted; those of a tile's others may be computed, too.</param>
    /// <param name="first">The first product of those that a tile has.</param>
    /// <param name="k">How many products.</param>
    /// <param name="a">The tiles, each [depth][its rows].</param>
    /// <param name="depth">How many products a tile has.</param>
    /// <param name="b0">[k][16], the first 16 outputs.</param>
    /// <param name="b1">[k][16], the other 16; null: there are none.</param>
    /// <param name="c">[rows][32], or [rows][16] where there are no others.</param>
    /// <param name="ldc">Floats from row to row of c.</param>
    /// <param name="add">Whether c holds sums to go on from.</param>
    public void MultiplyTiles(nint rows, nint wanted, nint first, nint k, float* a, nint depth, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        for (nint row = 0; row < wanted;)
        {
            int m = RowsOf(rows - row);
            nint tiles = 1;
            while (row + tiles * m < wanted && RowsOf(rows - row - tiles * m) == m)
            {
                tiles++;
            }

            MultiplyRun(m, tiles, k, a + row * depth + first * m, m * depth, b0, b1, c + row * ldc, ldc, add);
            row += tiles * m;
        }
    }

    /// <summary>Tiles of the same size, <paramref name="tile"/> floats apart, by one or two groups; see <see cref="MultiplyTiles"/>.</summary>
    protected virtual void MultiplyRun(int rows, nint tiles, nint k, float* a, nint tile, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        for (; tiles > 0; tiles--, a += tile, c += rows * ldc)
        {
            Multiply(rows, k, a, b0, b1, c, ldc, add);
        }
    }

    /// <summary>One row by some groups of a 16-bit weight, straight from its pairs; false: this tier unpacks.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="type">BF16 or F16.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="x">[inputs]</param>
    /// <param name="packed">The first group.</param>
    /// <param name="groupBytes">From group to group.</param>
    /// <param name="groups">At most four.</param>
    /// <param name="c">[64]; groups that are not there leave nothing of use.</param>
    public static bool MultiplyRow(KernelTier tier, DType type, nint inputs, float* x, byte* packed, nint groupBytes, int groups, float* c)
    {
        // A group that is not there is read as the first.
        byte* b1 = groups > 1 ? packed + groupBytes : packed, b2 = groups > 2 ? packed + 2 * groupBytes : packed, b3 = groups > 3 ? packed + 3 * groupBytes : packed;
        switch (tier, type)
        {
            case (KernelTier.Avx512, DType.BF16):
                HalfRow<Vector512<float>, Floats512, Brains512>.Multiply(inputs, x, packed, b1, b2, b3, c);
                return true;
            case (KernelTier.Avx512, DType.F16):
                HalfRow<Vector512<float>, Floats512, Halves512>.Multiply(inputs, x, packed, b1, b2, b3, c);
                return true;
            case (KernelTier.Avx2, DType.BF16):
                HalfRow<Vector256<float>, Floats256, Brains256>.Multiply(inputs, x, packed, packed + 32, b1, b1 + 32, c);
                HalfRow<Vector256<float>, Floats256, Brains256>.Multiply(inputs, x, b2, b2 + 32, b3, b3 + 32, c + 32);
                return true;
            case (KernelTier.Avx2, DType.F16):
                HalfRow<Vector256<float>, Floats256, Halves256>.Multiply(inputs, x, packed, packed + 16, b1, b1 + 16, c);
                HalfRow<Vector256<float>, Floats256, Halves256>.Multiply(inputs, x, b2, b2 + 16, b3, b3 + 16, c + 32);
                return true;
            default:
                return false;
        }
    }

    sealed class Kernels<TVector, TOps> : FloatKernels
        where TVector : struct
        where TOps : struct, IFloatVector<TVector>
    {
        public static readonly Kernels<TVector, TOps> Instance = new();

        // Accumulators, two vectors of b and a broadcast: 27 of 32 registers, or 15 of 16.
        public override int MaxRows => TOps.Count == 16 ? 12 : 6;

        public override int RowsOf(nint left)
        {
            if (left >= 12 && MaxRows == 12)
            {
                return 12;
            }

            if (left >= 8 && MaxRows == 12)
            {
                return 8;
            }

            return left switch { >= 6 => 6, >= 4 => 4, >= 2 => 2, _ => 1 };
        }

        public override void Multiply(int rows, nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add, void* next0 = null, void* next1 = null)
        {
            int width = TOps.Count;
            if (width == Panel.Lanes)
            {
                if (b1 == null)
                {
                    OneGroup(rows, k, a, b0, c, ldc, add);
                    return;
                }

                Tile(rows, k, a, b0, b1, c, ldc, add);
                return;
            }

            for (int lane = 0; lane < Panel.Lanes; lane += 2 * width)
            {
                Tile(rows, k, a, b0 + lane, b0 + lane + width, c + lane, ldc, add);
                if (b1 != null)
                {
                    Tile(rows, k, a, b1 + lane, b1 + lane + width, c + Panel.Lanes + lane, ldc, add);
                }
            }
        }

        /// <summary>The tile takes two vectors: the second is the first again, and goes nowhere.</summary>
        static void OneGroup(int rows, nint k, float* a, float* b, float* c, nint ldc, bool add)
        {
            float* both = stackalloc float[12 * Panel.Tile];
            for (int row = 0; row < rows && add; row++)
            {
                Unsafe.CopyBlockUnaligned(both + row * Panel.Tile, c + row * ldc, Panel.Lanes * sizeof(float));
            }

            Tile(rows, k, a, b, b, both, Panel.Tile, add);
            for (int row = 0; row < rows; row++)
            {
                Unsafe.CopyBlockUnaligned(c + row * ldc, both + row * Panel.Tile, Panel.Lanes * sizeof(float));
            }
        }

        static void Tile(int rows, nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
        {
            switch (rows)
            {
                case 12: FloatTile<TVector, TOps>.Rows12(k, a, b0, b1, c, ldc, add); break;
                case 8: FloatTile<TVector, TOps>.Rows8(k, a, b0, b1, c, ldc, add); break;
                case 6: FloatTile<TVector, TOps>.Rows6(k, a, b0, b1, c, ldc, add); break;
                case 4: FloatTile<TVector, TOps>.Rows4(k, a, b0, b1, c, ldc, add); break;
                case 2: FloatTile<TVector, TOps>.Rows2(k, a, b0, b1, c, ldc, add); break;
                default: FloatTile<TVector, TOps>.Rows1(k, a, b0, b1, c, ldc, add); break;
            }
        }
    }
}
