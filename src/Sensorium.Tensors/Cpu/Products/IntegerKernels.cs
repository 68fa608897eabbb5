using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>A tier's products of quantised rows and one layout.</summary>
abstract unsafe class IntegerKernels
{
    /// <summary>The kernels for a layout.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="layout">The weight's layout.</param>
    /// <param name="vnni">False: as if the processor had no AVX-VNNI, for tests.</param>
    public static IntegerKernels Of(KernelTier tier, QuantLayout layout, bool vnni = true) => tier switch
    {
        KernelTier.Portable => Of<DotPortable>(layout),
        _ when vnni && AvxVnni.IsSupported => Of<DotVnni>(layout),
        _ when layout.Offset == 128 => Of<DotAbout128>(layout),
        _ => Of<DotNarrow>(layout),
    };

    /// <summary>Rows of the next register tile when so many are left.</summary>
    public static int RowsOf(nint left) => left switch { >= 4 => 4, >= 2 => 2, _ => 1 };

    /// <summary>c = a b, or c += a b, for rows of a tile's size and 16 outputs.</summary>
    /// <param name="count">Rows: 4, 2 or 1.</param>
    /// <param name="blocks">Blocks of 32 inputs.</param>
    /// <param name="a">[rows][32] of the first block.</param>
    /// <param name="rows">[rows], the scales of the first block.</param>
    /// <param name="step">Bytes from block to block of both.</param>
    /// <param name="quads">[blocks][8][16][4]</param>
    /// <param name="scales">[blocks][parts][16]</param>
    /// <param name="minima">[blocks][parts][16]; only where the layout has them.</param>
    /// <param name="offset">What the quads' bytes are about.</param>
    /// <param name="c">[rows][16]</param>
    /// <param name="ldc">Floats from row to row of c.</param>
    /// <param name="add">Whether c holds a sum to go on from.</param>
    public abstract void Multiply(int count, nint blocks, sbyte* a, RowScale* rows, nint step, byte* quads, float* scales, float* minima, int offset, float* c, nint ldc, bool add);

    /// <summary>c = a b, or c += a b, for one row and 16 outputs, from the packed integers.</summary>
    public abstract void MultiplyRow(nint blocks, sbyte* a, RowScale* row, nint step, byte* packed, float* scales, float* minima, int offset, float* c, bool add);

    static IntegerKernels Of<TDot>(QuantLayout layout)
        where TDot : struct, IDotOps
        => (layout.Planes, layout.Scales) switch
        {
            (Planes.EightBits, ScaleKind.Half) => Kernels<TDot, PlainScales, EightBitQuads>.Instance,
            (Planes.FourBits, ScaleKind.Half) when layout.IsIndex => Kernels<TDot, PlainScales, IndexQuads>.Instance,
            (Planes.FourBits, ScaleKind.Half) => Kernels<TDot, PlainScales, FourBitQuads>.Instance,
            (Planes.FourBits, ScaleKind.HalfAndMinimum or ScaleKind.SuperAndMinimum) => Kernels<TDot, ScalesAndMinima, FourBitQuads>.Instance,
            (Planes.FiveBits, ScaleKind.Half) => Kernels<TDot, PlainScales, FiveBitQuads>.Instance,
            (Planes.FiveBits, ScaleKind.HalfAndMinimum or ScaleKind.SuperAndMinimum) => Kernels<TDot, ScalesAndMinima, FiveBitQuads>.Instance,
            (Planes.SixBits, ScaleKind.SuperOfSixteen) => Kernels<TDot, HalfBlockScales, SixBitQuads>.Instance,
            (Planes.ThreeBits, ScaleKind.SuperOfSixteen) => Kernels<TDot, HalfBlockScales, ThreeBitQuads>.Instance,
            (Planes.TwoBits, ScaleKind.SuperOfSixteenAndMinimum) => Kernels<TDot, HalfBlockScalesAndMinima, TwoBitQuads>.Instance,
            _ => throw new NotSupportedException($"{layout} has no kernel"),
        };

    sealed class Kernels<TDot, TScheme, TQuads> : IntegerKernels
        where TDot : struct, IDotOps
        where TScheme : struct, IScaleScheme
        where TQuads : struct, IQuadReader
    {
        public static readonly Kernels<TDot, TScheme, TQuads> Instance = new();

        public override void MultiplyRow(nint blocks, sbyte* a, RowScale* row, nint step, byte* packed, float* scales, float* minima, int offset, float* c, bool add) =>
            IntegerRow<TDot, TScheme, TQuads>.Multiply(blocks, a, row, step, packed, scales, minima, offset, c, add);

        public override void Multiply(int count, nint blocks, sbyte* a, RowScale* rows, nint step, byte* quads, float* scales, float* minima, int offset, float* c, nint ldc, bool add)
        {
            switch (count)
            {
                case 4: IntegerTile<TDot, TScheme>.Rows4(blocks, a, rows, step, quads, scales, minima, offset, c, ldc, add); break;
                case 2: IntegerTile<TDot, TScheme>.Rows2(blocks, a, rows, step, quads, scales, minima, offset, c, ldc, add); break;
                default: IntegerTile<TDot, TScheme>.Rows1(blocks, a, rows, step, quads, scales, minima, offset, c, ldc, add); break;
            }
        }
    }
}
