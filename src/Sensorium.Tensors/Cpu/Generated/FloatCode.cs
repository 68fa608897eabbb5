using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The compiled float kernels of a source, for each number of rows of a tile; each run of a call is a tile by 32 or 16 outputs.</summary>
sealed unsafe class FloatCode
{
    readonly CompiledKernel?[] ones;
    readonly CompiledKernel?[] twos;

    /// <summary>Steps of a call at most. A call holds up garbage collections for some microseconds.</summary>
    public const nint MostSteps = 1 << 13;

    // Of a row, a step: two where the weight's numbers are widened, for they are stored in pairs.
    readonly int floatsOfStep;

    /// <param name="programs">Those of <see cref="Programs"/>.</param>
    /// <param name="compiled">The same, compiled.</param>
    public FloatCode(IReadOnlyList<KernelProgram> programs, IReadOnlyList<CompiledKernel> compiled)
    {
        MaxRows = programs.Max(p => ((FloatKernel)p).Rows);
        floatsOfStep = ((FloatKernel)programs[0]).Source is FloatSource.Brains or FloatSource.Halves ? 2 : 1;
        ones = new CompiledKernel?[MaxRows + 1];
        twos = new CompiledKernel?[MaxRows + 1];
        for (int i = 0; i < programs.Count; i++)
        {
            var kernel = (FloatKernel)programs[i];
            (kernel.Groups == 1 ? ones : twos)[kernel.Rows] = compiled[i];
        }
    }

    /// <summary>Rows of the largest tile.</summary>
    public int MaxRows { get; }

    /// <summary>False when the device is gone, and the code with it.</summary>
    public bool IsLive => ones[1] != null;

    /// <summary>What a source needs.</summary>
    public static IReadOnlyList<KernelProgram> Programs(Instructions set, FloatSource source)
    {
        // With 256 bits only few rows take four vectors, so that their sums' latency does not hold them up.
        bool wide = set != Instructions.Avx2;
        return
        [
            .. from rows in Enumerable.Range(1, wide ? 12 : 6)
               from groups in wide || rows <= 2 ? new[] { 2, 1 } : [1]
               select new FloatKernel(set, source, rows, groups)
        ];
    }

    /// <summary>The best instructions of those given for a source; none where there are none.</summary>
    public static Instructions Best(Instructions sets, FloatSource source)
    {
        if (source == FloatSource.BrainPairs)
        {
            return sets & Instructions.Avx512Bf16;
        }

        return sets.HasFlag(Instructions.Avx512) ? Instructions.Avx512 : sets & Instructions.Avx2;
    }

    /// <summary>c = a b, or c += a b: a tile of rows by 32 outputs, or by 16 where there is no second group, of any number of steps.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="steps">Steps: numbers of k, or pairs of them.</param>
    /// <param name="isOdd">Whether a number without a second follows the pairs.</param>
    /// <param name="a">The rows.</param>
    /// <param name="b0">The first group.</param>
    /// <param name="b1">The second; null: there is none.</param>
    /// <param name="c">[rows][32 or 16]</param>
    /// <param name="ldc">Floats from row to row of c.</param>
    /// <param name="add">Whether c holds sums to go on from.</param>
    /// <param name="next0">What later calls will read of the first group; null: nothing.</param>
    /// <param name="next1">The same of the second group.</param>
    public void Multiply(int rows, nint steps, bool isOdd, float* a, void* b0, void* b1, float* c, nint ldc, bool add, void* next0, void* next1)
    {
        const int StepBytes = Panel.Lanes * sizeof(float);
        for (nint at = 0; at < steps || at == 0; at += MostSteps)
        {
            var arguments = new FloatArguments
            {
                A = a + at * floatsOfStep * rows,
                B0 = (byte*)b0 + at * StepBytes,
                B1 = b1 == null ? null : (byte*)b1 + at * StepBytes,
                C = c,
                Stride = ldc * sizeof(float),
                Steps = Math.Min(MostSteps, steps - at),
                Odd = isOdd && at + MostSteps >= steps ? 1 : 0,
                Add = add || at > 0 ? 1 : 0,
                Next0 = next0,
                Next1 = next1,
            };
            Multiply(rows, &arguments);
        }
    }

    /// <summary>A tile of rows by 32 outputs, or by 16 where there is no second group, a run.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="arguments">Of use no more afterwards.</param>
    public void Multiply(int rows, FloatArguments* arguments)
    {
        // Where nothing comes next, what is at hand is fetched.
        arguments->Next0 = arguments->Next0 == null ? arguments->A : arguments->Next0;
        arguments->Next1 = arguments->Next1 == null ? arguments->A : arguments->Next1;
        CompiledKernel? both = arguments->B1 == null ? null : twos[rows];
        if (both is null && arguments->B1 != null)
        {
            OneByOne(ones[rows]!, arguments);
            return;
        }

        (both ?? ones[rows]!).Call(arguments);
    }

    /// <summary>Two groups by a kernel that takes one.</summary>
    static void OneByOne(CompiledKernel kernel, FloatArguments* arguments)
    {
        if (arguments->Runs == 1)
        {
            arguments->Runs = 2;
            arguments->RunRows = 0;
            arguments->RunGroups = (nint)((byte*)arguments->B1 - (byte*)arguments->B0);
            arguments->RunResults = Panel.Lanes * sizeof(float);
            kernel.Call(arguments);
            return;
        }

        FloatArguments second = *arguments;
        second.B0 = arguments->B1;
        second.C += Panel.Lanes;
        kernel.Call(arguments);
        kernel.Call(&second);
    }

    /// <summary>Forgets the code.</summary>
    public void Clear()
    {
        Array.Clear(ones);
        Array.Clear(twos);
    }
}
