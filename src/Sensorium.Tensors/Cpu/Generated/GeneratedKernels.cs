using System.Globalization;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// The generated kernels of a device: compiled when a weight first needs them, tried once on a small case, and freed with
/// the device. Where there are none, because the processor lacks the instructions, the system refuses executable memory or
/// a kernel computes something else than its twin, the managed kernels do the work.
/// </summary>
sealed class GeneratedKernels : IDisposable
{
    readonly Lock gate = new();
    readonly ExecutableMemory memory = new();
    readonly Dictionary<DType, IntegerCode?> integers = [];
    readonly Dictionary<FloatSource, FloatCode?> floats = [];
    readonly Dictionary<string, CompiledKernel?> ceilings = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, string> refusals = new(StringComparer.Ordinal);
    readonly Instructions sets;
    WidenCode? widen;
    PairCode? pair;
    PageCode? page;
    bool pageWasTried;
    bool disposed;

    readonly Func<IReadOnlyList<KernelProgram>, IReadOnlyList<CompiledKernel>> compile;

    /// <param name="sets">The instructions that kernels may be written in.</param>
    /// <param name="compile">How kernels become callable, for tests; unless told, as machine code.</param>
    public GeneratedKernels(Instructions sets, Func<IReadOnlyList<KernelProgram>, IReadOnlyList<CompiledKernel>>? compile = null)
    {
        this.sets = sets;
        this.compile = compile ?? ToMemory;
    }

    /// <summary>The instructions that kernels may be written in.</summary>
    public Instructions Sets => sets;

    /// <summary>Why kernels that the processor could run are not used: kernels, reason.</summary>
    public IReadOnlyList<(string Kernels, string Reason)> Refusals
    {
        get
        {
            lock (gate)
            {
                return [.. refusals.Select(r => (r.Key, r.Value))];
            }
        }
    }

    /// <summary>Bytes of executable memory held.</summary>
    public long HeldBytes => memory.HeldBytes;

    /// <summary>The int8 kernels of a layout; null where there are none.</summary>
    public IntegerCode? Integers(QuantLayout layout)
    {
        Instructions set = IntegerCode.Best(sets);
        if (set == Instructions.None)
        {
            return null;
        }

        lock (gate)
        {
            if (!integers.TryGetValue(layout.Type, out IntegerCode? code))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"int8 {layout.Type}");
                IReadOnlyList<KernelProgram> programs = IntegerCode.Programs(set, layout);
                integers[layout.Type] = code = Make(name, programs, c => new IntegerCode(set, programs, c), c => IntegerTwin.Agrees(c, layout));
            }

            return code;
        }
    }

    /// <summary>The float kernels of a source; null where there are none.</summary>
    public FloatCode? Floats(FloatSource source)
    {
        Instructions set = FloatCode.Best(sets, source);
        if (set == Instructions.None)
        {
            return null;
        }

        lock (gate)
        {
            if (!floats.TryGetValue(source, out FloatCode? code))
            {
                string name = source switch
                {
                    FloatSource.Floats => "float32",
                    FloatSource.Brains => "bfloat16 by float32",
                    FloatSource.Halves => "float16 by float32",
                    _ => "bfloat16",
                };
                IReadOnlyList<KernelProgram> programs = FloatCode.Programs(set, source);
                floats[source] = code = Make(name, programs, c => new FloatCode(programs, c), c => FloatTwin.Agrees(c, source));
            }

            return code;
        }
    }

    /// <summary>Widens float16; by a plain loop where there is no kernel.</summary>
    public WidenCode Widen()
    {
        lock (gate)
        {
            Instructions set = FloatCode.Best(sets, FloatSource.Halves);
            widen ??= set == Instructions.None ? null : Make("float16 to float32", [new WidenKernel(set)], c => new WidenCode(c[0]), c => c.Agrees());
            return widen ??= new WidenCode(null);
        }
    }

    /// <summary>Attention's products of few rows by pages of float16; null where there are no kernels.</summary>
    public PageCode? Page()
    {
        lock (gate)
        {
            if (!pageWasTried)
            {
                pageWasTried = true;
                Instructions set = FloatCode.Best(sets, FloatSource.Halves);
                IReadOnlyList<KernelProgram> programs = PageCode.Programs(set);
                page = set == Instructions.None ? null : Make("attention to pages of float16", programs, c => new PageCode(programs, c), c => c.Agrees());
            }

            return page;
        }
    }

    /// <summary>Lays rows in pairs of bfloat16; by a plain loop where there is no kernel.</summary>
    public PairCode Pair()
    {
        lock (gate)
        {
            pair ??= sets.HasFlag(Instructions.Avx512Bf16) ? Make("float32 to pairs of bfloat16", [new PairKernel()], c => new PairCode(c[0]), c => c.Agrees()) : null;
            return pair ??= new PairCode(null);
        }
    }

    /// <summary>A loop that shows a ceiling, with its operations a round; null where there is none.</summary>
    /// <param name="source">null: int8.</param>
    public (CompiledKernel Kernel, double Operations)? Ceiling(FloatSource? source)
    {
        Instructions set = source is { } floats ? FloatCode.Best(sets, floats) : IntegerCode.Best(sets);
        if (set == Instructions.None)
        {
            return null;
        }

        lock (gate)
        {
            var program = new CeilingKernel(set, source);
            if (!ceilings.TryGetValue(program.Name, out CompiledKernel? kernel))
            {
                ceilings[program.Name] = kernel = Compile(program.Name, [program])?[0];
            }

            return kernel is null ? null : (kernel, program.Operations);
        }
    }

    /// <summary>Compiles kernels and tries them; null where they cannot be used, which is noted.</summary>
    TCode? Make<TCode>(string name, IReadOnlyList<KernelProgram> programs, Func<IReadOnlyList<CompiledKernel>, TCode> of, Predicate<TCode> agrees)
        where TCode : class
    {
        if (Compile(name, programs) is not { } compiled)
        {
            return null;
        }

        TCode code = of(compiled);
        if (agrees(code))
        {
            return code;
        }

        refusals[name] = "computed something else than the plain loop";
        return null;
    }

    IReadOnlyList<CompiledKernel>? Compile(string name, IReadOnlyList<KernelProgram> programs)
    {
        if (disposed)
        {
            return null;
        }

        try
        {
            return compile(programs);
        }
        catch (PlatformNotSupportedException e)
        {
            refusals[name] = e.Message;
            return null;
        }
    }

    IReadOnlyList<CompiledKernel> ToMemory(IReadOnlyList<KernelProgram> programs)
    {
        const int Alignment = 64;
        var code = new List<byte>();
        var offsets = new nint[programs.Count];
        for (int i = 0; i < programs.Count; i++)
        {
            code.AddRange(new byte[(Alignment - code.Count % Alignment) % Alignment]);
            offsets[i] = code.Count;
            code.AddRange(programs[i].Write());
        }

        nint address = memory.Add(code.ToArray());
        return [.. offsets.Select(o => new NativeKernel(address + o))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            // A weight may outlive its device; its products are then computed by the managed kernels.
            disposed = true;
            ceilings.Clear();
            widen?.Clear();
            pair?.Clear();
            page?.Clear();
            foreach (IntegerCode? code in integers.Values)
            {
                code?.Clear();
            }

            foreach (FloatCode? code in floats.Values)
            {
                code?.Clear();
            }

            memory.Dispose();
        }
    }
}
