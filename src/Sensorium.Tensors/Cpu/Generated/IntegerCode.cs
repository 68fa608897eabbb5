using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The compiled integer kernels of a layout, one for each number of rows of a tile.</summary>
sealed unsafe class IntegerCode
{
    readonly CompiledKernel?[] packed = new CompiledKernel?[IntegerKernel.MostRows + 1];
    readonly CompiledKernel?[] unpacked = new CompiledKernel?[IntegerKernel.MostRows + 1];

    /// <summary>Blocks of a call at most; a multiple of a slice's. A call holds up garbage collections for some microseconds.</summary>
    public const nint MostBlocks = 1024;

    /// <param name="set">What the kernels are written in.</param>
    /// <param name="programs">Those of <see cref="Programs"/>.</param>
    /// <param name="compiled">The same, compiled.</param>
    public IntegerCode(Instructions set, IReadOnlyList<KernelProgram> programs, IReadOnlyList<CompiledKernel> compiled)
    {
        Groups = set == Instructions.Avx512Vnni ? 2 : 1;
        for (int i = 0; i < programs.Count; i++)
        {
            var kernel = (IntegerKernel)programs[i];
            (kernel.Unpacked ? unpacked : packed)[kernel.Rows] = compiled[i];
        }
    }

    /// <summary>Groups of 16 outputs that a call computes.</summary>
    public int Groups { get; }

    /// <summary>False when the device is gone, and the code with it.</summary>
    public bool IsLive => packed[1] != null;

    /// <summary>What a layout needs.</summary>
    /// <param name="set">What the kernels are written in.</param>
    /// <param name="layout">The layout.</param>
    /// <remarks>A single row takes one packed group at a time: memory is all that it waits for, and is quickest from end to end.</remarks>
    public static IReadOnlyList<KernelProgram> Programs(Instructions set, QuantLayout layout)
    {
        var programs = new List<KernelProgram>();
        for (int rows = 1; rows <= IntegerKernel.MostRows; rows++)
        {
            programs.Add(new IntegerKernel(set, layout, rows, unpacked: false, vectors: rows == 1 && set == Instructions.Avx512Vnni ? 1 : 2));
            programs.Add(new IntegerKernel(set, layout, rows, unpacked: true));
        }

        return programs;
    }

    /// <summary>The best instructions of those given for a layout; none where there are none.</summary>
    public static Instructions Best(Instructions sets) =>
        sets.HasFlag(Instructions.Avx512Vnni) ? Instructions.Avx512Vnni
        : sets.HasFlag(Instructions.AvxVnni) ? Instructions.AvxVnni
        : sets & Instructions.Avx2;

    /// <summary>
    /// Whether each tile of rows unpacks for itself about as quickly as it reads what was unpacked before: by 512 bits, where
    /// scales are but to be widened. Else many tiles have it unpacked once.
    /// </summary>
    public bool Unpacks(QuantLayout layout) => Groups == 2 && layout.Scales is (ScaleKind.Half or ScaleKind.HalfAndMinimum);

    /// <summary>A tile of rows by the packed integers.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="arguments">Of use no more afterwards.</param>
    public void Packed(int rows, IntegerArguments* arguments)
    {
        if (rows == 1 && Groups == 2)
        {
            OneByOne(packed[1]!, arguments);
            return;
        }

        packed[rows]!.Call(arguments);
    }

    /// <summary>Pairs of groups by a kernel that takes one at a time.</summary>
    static void OneByOne(CompiledKernel kernel, IntegerArguments* arguments)
    {
        nint group = (nint)(arguments->Integers1 - arguments->Integers0);
        if (arguments->C1 == arguments->C0 + Panel.Lanes && (arguments->Runs == 1 || arguments->RunBytes == 2 * group))
        {
            arguments->Runs *= 2;
            arguments->RunBytes = group;
            kernel.Call(arguments);
            return;
        }

        if (arguments->Runs != 1)
        {
            throw new InvalidOperationException("runs of pairs of groups must lie end to end");
        }

        IntegerArguments second = *arguments;
        second.Integers0 = second.Integers1;
        second.Scales0 = second.Scales1;
        second.Super0 = second.Super1;
        second.C0 = second.C1;
        kernel.Call(arguments);
        kernel.Call(&second);
    }

    /// <summary>A tile of rows by quads and float32 scales.</summary>
    public void Unpacked(int rows, IntegerArguments* arguments) => unpacked[rows]!.Call(arguments);

    /// <summary>Forgets the code.</summary>
    public void Clear()
    {
        Array.Clear(packed);
        Array.Clear(unpacked);
    }
}
