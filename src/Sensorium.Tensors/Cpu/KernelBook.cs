using Iced.Intel;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

/// <summary>A kernel that can be generated.</summary>
/// <param name="Name">What <c>doctor --kernels</c> takes.</param>
/// <param name="Needs">The instructions that it is written in.</param>
/// <param name="RunsHere">Whether this processor has them.</param>
public sealed record KernelEntry(string Name, string Needs, bool RunsHere);

/// <summary>All kernels that can be generated, whatever this processor has, and how those of a device fare.</summary>
public static class KernelBook
{
    static readonly Lazy<SortedDictionary<string, KernelProgram>> Programs = new(() =>
    {
        var all = new SortedDictionary<string, KernelProgram>(StringComparer.Ordinal);
        foreach (KernelProgram program in Everything())
        {
            all.Add(program.Name, program);
        }

        return all;
    });

    /// <summary>Whether this processor has AVX512-VNNI.</summary>
    public static bool HasAvx512Vnni => InstructionSets.Here.HasFlag(Instructions.Avx512Vnni);

    /// <summary>Whether this processor has AVX512-BF16.</summary>
    public static bool HasAvx512Bf16 => InstructionSets.Here.HasFlag(Instructions.Avx512Bf16);

    /// <summary>Every kernel, by name.</summary>
    public static IReadOnlyList<KernelEntry> Entries => [.. Programs.Value.Values.Select(p => new KernelEntry(p.Name, p.Set.Name(), InstructionSets.Here.HasFlag(p.Set)))];

    /// <summary>A kernel's machine code in readable form, an instruction a line with its address; null: there is no such kernel.</summary>
    public static IReadOnlyList<string>? Disassemble(string name)
    {
        if (!Programs.Value.TryGetValue(name, out KernelProgram? program))
        {
            return null;
        }

        byte[] code = program.Write();
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code));
        var formatter = new NasmFormatter();
        var output = new StringOutput();
        var lines = new List<string>();
        while (decoder.IP < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, output);
            lines.Add($"{instruction.IP:x4}  {output.ToStringAndReset()}");
            if (instruction.Mnemonic == Mnemonic.Ret)
            {
                break;
            }
        }

        if (decoder.IP < (ulong)code.Length)
        {
            lines.Add($"{decoder.IP:x4}  {code.Length - (int)decoder.IP} bytes of constants");
        }

        return lines;
    }

    /// <summary>What a device's products of each kind are computed by: compiles and tries all of its kernels.</summary>
    public static IReadOnlyList<(string Kind, string By)> Examine(CpuDevice device)
    {
        GeneratedKernels kernels = device.Generated;
        var facts = new List<(string, string)>
        {
            ("float32", By(kernels.Floats(FloatSource.Floats) != null, FloatCode.Best(kernels.Sets, FloatSource.Floats), "float32")),
            ("bfloat16", kernels.Sets.HasFlag(Instructions.Avx512Bf16)
                ? By(kernels.Floats(FloatSource.BrainPairs) != null, Instructions.Avx512Bf16, "bfloat16")
                : $"{By(kernels.Floats(FloatSource.Brains) != null, FloatCode.Best(kernels.Sets, FloatSource.Brains), "bfloat16 by float32")}, widened to float32: {Missing(Instructions.Avx512Bf16)}"),
            ("float16", By(kernels.Floats(FloatSource.Halves) != null, FloatCode.Best(kernels.Sets, FloatSource.Halves), "float16 by float32") + ", widened to float32"),
        };
        Instructions set = IntegerCode.Best(kernels.Sets);
        string[] refused = [.. QuantLayout.Known.Where(layout => kernels.Integers(layout) == null).Select(layout => $"{layout.Type}")];
        string integers = set == Instructions.None ? "managed kernels"
            : refused.Length == 0 ? $"generated code in {set.Name()}"
            : $"generated code in {set.Name()}, but for {string.Join(", ", refused)}: {string.Join("; ", kernels.Refusals.Where(r => r.Kernels.StartsWith("int8", StringComparison.Ordinal)).Select(r => r.Reason).Distinct(StringComparer.Ordinal))}";
        facts.Add(("int8", set == Instructions.Avx512Vnni ? integers : $"{integers}: {Missing(Instructions.Avx512Vnni)}"));
        return facts;

        string By(bool generated, Instructions set, string name) => generated ? $"generated code in {set.Name()}"
            : kernels.Refusals.FirstOrDefault(r => r.Kernels == name) is { Reason: { } reason } ? $"managed kernels ({reason})" : "managed kernels";

        string Missing(Instructions wanted) => InstructionSets.Here.HasFlag(wanted) ? $"{wanted.Name()} is not in the tier {device.Tier.Name()}, or switched off" : $"this processor has no {wanted.Name()}";
    }

    static IEnumerable<KernelProgram> Everything()
    {
        foreach (Instructions set in new[] { Instructions.Avx2, Instructions.AvxVnni, Instructions.Avx512Vnni })
        {
            yield return new CeilingKernel(set, null);
            foreach (KernelProgram program in QuantLayout.Known.SelectMany(layout => IntegerCode.Programs(set, layout)))
            {
                yield return program;
            }
        }

        foreach (Instructions set in new[] { Instructions.Avx2, Instructions.Avx512 })
        {
            yield return new CeilingKernel(set, FloatSource.Floats);
            yield return new WidenKernel(set);
            foreach (KernelProgram program in new[] { FloatSource.Floats, FloatSource.Brains, FloatSource.Halves }.SelectMany(source => FloatCode.Programs(set, source)).Concat(PageCode.Programs(set)))
            {
                yield return program;
            }
        }

        yield return new CeilingKernel(Instructions.Avx512Bf16, FloatSource.BrainPairs);
        yield return new PairKernel();
        foreach (KernelProgram program in FloatCode.Programs(Instructions.Avx512Bf16, FloatSource.BrainPairs))
        {
            yield return program;
        }
    }
}
