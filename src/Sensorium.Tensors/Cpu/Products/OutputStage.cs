using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>An <see cref="Epilogue"/> with its vectors at hand, applied to a tile of the result while it is in the cache.</summary>
unsafe struct OutputStage : IFunctionChoice
{
    delegate*<ref readonly OutputStage, in Part, void> finish;

    /// <param name="tier">Whose instructions.</param>
    /// <param name="activation">The function.</param>
    public OutputStage(KernelTier tier, Activation activation)
    {
        Tier = tier;
        Activation = activation;
        Activations.Choose(activation, ref this);
    }

    public KernelTier Tier { get; }

    public Activation Activation { get; }

    /// <summary>[out] or null.</summary>
    public float* Scale, Bias;

    /// <summary>Batch norm as x · factor + offset, [out] or null.</summary>
    public float* Factor, Offset;

    public Tensor Residual;

    /// <summary>Whether there is nothing to do.</summary>
    public readonly bool IsNone => Scale == null && Bias == null && Factor == null && Activation == Activation.None && Residual.IsNone;

    /// <summary>A tile of the result and where it is: rows so many floats apart.</summary>
    /// <remarks>Passed by reference: a copy would be read in other pieces than it was written, and wait for all stores of the product.</remarks>
    readonly struct Part(float* c, nint stride, nint row, nint rows, nint column, nint columns)
    {
        public readonly float* C = c;
        public readonly nint Stride = stride, Row = row, Rows = rows, Column = column, Columns = columns;
    }

    /// <summary>Finishes a tile in place.</summary>
    /// <param name="c">The tile, rows <paramref name="ldc"/> floats apart.</param>
    /// <param name="ldc">From row to row.</param>
    /// <param name="firstRow">The tile's first row in the result.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="firstColumn">Its first column in the result.</param>
    /// <param name="columns">Its columns.</param>
    public readonly void Apply(float* c, nint ldc, nint firstRow, nint rows, nint firstColumn, nint columns)
    {
        if (!IsNone)
        {
            var part = new Part(c, ldc, firstRow, rows, firstColumn, columns);
            finish(in this, part);
        }
    }

    /// <summary>Has what a tile of at most 32 columns will need fetched from memory meanwhile.</summary>
    public readonly void Fetch(nint firstRow, nint rows, nint firstColumn)
    {
        if (!Residual.IsNone)
        {
            Prefetch.Tile(Residual.FloatRow(firstRow) + firstColumn, Residual.Stride, rows);
        }
    }

    /// <inheritdoc/>
    public void Take<F>()
        where F : struct, IFunction => finish = Tier switch
        {
            KernelTier.Avx512 => &Finish<F, Simd512, Vector512<float>>,
            KernelTier.Avx2 => &Finish<F, Simd256, Vector256<float>>,
            _ => &Finish<F, SimdPortable, Vector<float>>,
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Finish<F, S, V>(ref readonly OutputStage stage, in Part part)
        where F : struct, IFunction
        where S : struct, ISimd<V>
        where V : struct
    {
        float* scale = At(stage.Scale, part.Column), bias = At(stage.Bias, part.Column), factor = At(stage.Factor, part.Column), offset = At(stage.Offset, part.Column);
        for (nint row = 0; row < part.Rows; row++)
        {
            float* c = part.C + row * part.Stride, residual = stage.Residual.IsNone ? null : stage.Residual.FloatRow(part.Row + row) + part.Column;
            nint i = 0;
            for (; i <= part.Columns - S.Count; i += S.Count)
            {
                V y = S.Load(c + i);
                y = scale == null ? y : S.Multiply(y, S.Load(scale + i));
                y = bias == null ? y : S.Add(y, S.Load(bias + i));
                y = factor == null ? y : S.Add(S.Multiply(y, S.Load(factor + i)), S.Load(offset + i));
                y = F.Of<S, V>(y);
                y = residual == null ? y : S.Add(y, S.Load(residual + i));
                S.Store(y, c + i);
            }

            if (i < part.Columns)
            {
                int rest = (int)(part.Columns - i);
                V y = S.LoadSome(c + i, rest);
                y = scale == null ? y : S.Multiply(y, S.LoadSome(scale + i, rest));
                y = bias == null ? y : S.Add(y, S.LoadSome(bias + i, rest));
                y = factor == null ? y : S.Add(S.Multiply(y, S.LoadSome(factor + i, rest)), S.LoadSome(offset + i, rest));
                y = F.Of<S, V>(y);
                y = residual == null ? y : S.Add(y, S.LoadSome(residual + i, rest));
                S.StoreSome(y, c + i, rest);
            }
        }
    }

    static float* At(float* vector, nint column) => vector == null ? null : vector + column;
}
