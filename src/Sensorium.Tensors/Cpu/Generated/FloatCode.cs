namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The compiled float kernels of a source, one for each number of rows of a tile; each call is a tile by 32 outputs.</summary>
sealed unsafe class FloatCode
{
    readonly CompiledKernel?[] kernels;
    readonly bool[] takesBoth;

    /// <summary>Numbers of k of a call at most.</summary>
    public const nint MostInputs = 1 << 14;

    /// <param name="programs">Those of <see cref="Programs"/>.</param>
    /// <param name="compiled">The same, compiled.</param>
    public FloatCode(IReadOnlyList<KernelProgram> programs, IReadOnlyList<CompiledKernel> compiled)
    {
        MaxRows = programs.Max(p => ((FloatKernel)p).Rows);
        kernels = new CompiledKernel?[MaxRows + 1];
        takesBoth = new bool[MaxRows + 1];
        for (int i = 0; i < programs.Count; i++)
        {
            var kernel = (FloatKernel)programs[i];
            kernels[kernel.Rows] = compiled[i];
            takesBoth[kernel.Rows] = kernel.Groups == 2;
        }
    }

    /// <summary>Rows of the largest tile.</summary>
    public int MaxRows { get; }

    /// <summary>False when the device is gone, and the code with it.</summary>
    public bool IsLive => kernels[1] != null;

    /// <summary>What a source needs.</summary>
    public static IReadOnlyList<KernelProgram> Programs(Instructions set, FloatSource source)
    {
        // With 256 bits few rows take four vectors, so that their sums' latency does not hold them up.
        bool wide = set != Instructions.Avx2;
        return [.. Enumerable.Range(1, wide ? 12 : 6).Select(rows => new FloatKernel(set, source, rows, wide || rows <= 2 ? 2 : 1))];
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

    /// <summary>A tile of rows by 32 outputs.</summary>
    public void Multiply(int rows, FloatArguments* arguments)
    {
        kernels[rows]!.Call(arguments);
        if (!takesBoth[rows])
        {
            FloatArguments other = *arguments;
            other.B0 = other.B1;
            other.C += Products.Panel.Lanes;
            kernels[rows]!.Call(&other);
        }
    }

    /// <summary>Forgets the code.</summary>
    public void Clear() => Array.Clear(kernels);
}
