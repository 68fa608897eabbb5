using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// A tier's float32 products by generated code; or bfloat16 ones, for which a number of k is a pair of them.
/// </summary>
/// <param name="code">The code.</param>
/// <param name="managed">What computes when the device is gone; null: nothing does.</param>
sealed unsafe class GeneratedFloats(FloatCode code, FloatKernels? managed) : FloatKernels
{
    /// <inheritdoc/>
    public override int MaxRows => code.MaxRows;

    /// <inheritdoc/>
    /// <remarks>What is left behind a whole tile and would make a small one, for which the weight is read as for a large one, is halved with it.</remarks>
    public override int RowsOf(nint left) => left > MaxRows && left < MaxRows + MaxRows / 2 ? (int)(left + 1) / 2 : (int)Math.Min(left, MaxRows);

    /// <inheritdoc/>
    public override void Multiply(int rows, nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add, void* next0 = null, void* next1 = null)
    {
        if (!code.IsLive)
        {
            // The device is gone; the managed tiles know their own sizes only, but pack as these do.
            ObjectDisposedException.ThrowIf(managed is null, typeof(CpuDevice));
            OneByOne(managed, rows, k, a, b0, b1, c, ldc, add);
            return;
        }

        code.Multiply(rows, k, isOdd: false, a, b0, b1, c, ldc, add, next0, next1);
    }

    /// <inheritdoc/>
    protected override void MultiplyRun(int rows, nint tiles, nint k, float* a, nint tile, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        // Longer sums than a call takes are cut, and so are those of a device that is gone.
        if (!code.IsLive || k > FloatCode.MostSteps)
        {
            base.MultiplyRun(rows, tiles, k, a, tile, b0, b1, c, ldc, add);
            return;
        }

        nint most = FloatCode.MostSteps / Math.Max(k, 1);
        for (nint done = 0; done < tiles; done += most)
        {
            var arguments = new FloatArguments
            {
                A = a + done * tile,
                B0 = b0,
                B1 = b1,
                C = c + done * rows * ldc,
                Stride = ldc * sizeof(float),
                Steps = k,
                Add = add ? 1 : 0,
                Runs = Math.Min(most, tiles - done),
                RunRows = tile * sizeof(float),
                RunResults = rows * ldc * sizeof(float),
            };
            code.Multiply(rows, &arguments);
        }
    }

    static void OneByOne(FloatKernels managed, int rows, nint k, float* a, float* b0, float* b1, float* c, nint ldc, bool add)
    {
        float* one = stackalloc float[Panel.Slice];
        for (int row = 0; row < rows; row++)
        {
            for (nint at = 0; at < k || at == 0; at += Panel.Slice)
            {
                nint count = Math.Min(Panel.Slice, k - at);
                for (nint i = 0; i < count; i++)
                {
                    one[i] = a[(at + i) * rows + row];
                }

                managed.Multiply(1, count, one, b0 + at * Panel.Lanes, b1 == null ? null : b1 + at * Panel.Lanes, c + row * ldc, ldc, add || at > 0);
            }
        }
    }
}
