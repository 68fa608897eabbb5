using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>An <see cref="Epilogue"/> with its vectors at hand, applied to a tile of the result while it is in the cache.</summary>
unsafe struct OutputStage
{
    /// <summary>[out] or null.</summary>
    public float* Scale, Bias;

    /// <summary>Batch norm as x · factor + offset, [out] or null.</summary>
    public float* Factor, Offset;

    public Activation Activation;

    public Tensor Residual;

    public KernelTier Tier;

    public readonly bool IsNone => Scale == null && Bias == null && Factor == null && Activation == Activation.None && Residual.IsNone;

    /// <summary>Finishes a tile in place.</summary>
    /// <param name="c">The tile, rows <paramref name="ldc"/> floats apart.</param>
    /// <param name="ldc">From row to row.</param>
    /// <param name="firstRow">The tile's first row in the result.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="firstColumn">Its first column in the result.</param>
    /// <param name="columns">Its columns.</param>
    public readonly void Apply(float* c, nint ldc, nint firstRow, nint rows, nint firstColumn, nint columns)
    {
        for (nint row = 0; row < rows; row++, c += ldc)
        {
            if (Scale != null)
            {
                Affine(c, Scale + firstColumn, Bias == null ? null : Bias + firstColumn, columns);
            }
            else if (Bias != null)
            {
                Add(c, Bias + firstColumn, columns);
            }

            if (Factor != null)
            {
                Affine(c, Factor + firstColumn, Offset + firstColumn, columns);
            }

            switch (Activation)
            {
                case Activation.None: break;
                case Activation.Relu: Clamp(c, float.PositiveInfinity, columns); break;
                case Activation.Relu6: Clamp(c, 6, columns); break;
                default: Activations.Apply(Tier, Activation, c, c, columns); break;
            }

            if (!Residual.IsNone)
            {
                Add(c, Residual.FloatRow(firstRow + row) + firstColumn, columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Affine(float* x, float* factor, float* offset, nint count)
    {
        nint i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256<float> y = Vector256.Load(x + i) * Vector256.Load(factor + i);
            (offset == null ? y : y + Vector256.Load(offset + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            float y = x[i] * factor[i];
            x[i] = offset == null ? y : y + offset[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Add(float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i + 8 <= count; i += 8)
        {
            (Vector256.Load(x + i) + Vector256.Load(y + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] += y[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Clamp(float* x, float most, nint count)
    {
        nint i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256.Min(Vector256.Max(Vector256.Load(x + i), Vector256<float>.Zero), Vector256.Create(most)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] = MathF.Min(MathF.Max(x[i], 0), most);
        }
    }
}
