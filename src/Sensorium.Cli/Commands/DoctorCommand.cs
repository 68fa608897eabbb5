using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Intrinsics.Arm;
using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>doctor</c>: what this machine has, what Sensorium makes of it, what it keeps, and which models are there.</summary>
sealed class DoctorCommand : Verb
{
    readonly Option<bool> json = new("--json") { Description = "For programs" };
    readonly Option<string?> kernels = new("--kernels") { Description = "List the kernels that are generated as machine code, or disassemble one", HelpName = "name", Arity = ArgumentArity.ZeroOrOne };

    public override string Name => "doctor";

    public override string Description => "Show the processor, the kernel tier, threads, memory and the models found.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium doctor", "./sensorium doctor --kernels int8-avx512vnni-q4_0-6"];

    protected override void Declare(Command command)
    {
        command.Options.Add(json);
        command.Options.Add(kernels);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetResult(kernels) is not null)
        {
            WriteKernels(terminal, parsed.GetValue(kernels));
            return Task.FromResult(ExitCode.Success);
        }

        using var device = new CpuDevice();
        (string, string)[] facts =
        [
            ("version", typeof(DoctorCommand).Assembly.GetName().Version?.ToString(3) ?? ""),
            ("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}"),
            ("processor", Processor()),
            ("instructions", string.Join(" ", Instructions())),
            ("tiers", string.Join(" ", KernelTiers.Available.Select(KernelTiers.Name))),
            ("tier", device.Tier.Name()),
            .. KernelBook.Examine(device).Select(fact => ($"{fact.Kind} by", fact.By)),
            ("threads", device.Workers.Threads.ToString(CultureInfo.InvariantCulture)),
            ("memory", Memory()),
            ("packed copies", PackedCopies.OfUser is { } packed ? $"{Show.Bytes(packed.HeldBytes)} in {packed.Folder}" : $"none are kept ({PackedCopies.Variable})"),
        ];
        LocatedModel[] models = [.. ModelLocator.All()];
        if (parsed.GetValue(json))
        {
            JsonOutput.Write(terminal, writer => WriteJson(writer, facts, models));
            return Task.FromResult(ExitCode.Success);
        }

        foreach ((string name, string value) in facts)
        {
            terminal.Out.WriteLine($"{name,-13} {value}");
        }

        terminal.Out.WriteLine($"{"models in",-13} {string.Join(", ", ModelLocator.Folders)}");
        foreach (LocatedModel model in models)
        {
            terminal.Out.WriteLine($"{"",-13} {model.Name}  ({model.Path})");
        }

        if (models.Length == 0)
        {
            terminal.Out.WriteLine($"{"",-13} none; set SENSORIUM_MODELS to the folder that holds yours");
        }

        return Task.FromResult(ExitCode.Success);
    }

    static void WriteKernels(Terminal terminal, string? name)
    {
        if (name is null)
        {
            var table = new TextTable("kernel", "needs", "");
            foreach (KernelEntry entry in KernelBook.Entries)
            {
                table.Add(entry.Name, entry.Needs, entry.RunsHere ? "" : "not on this processor");
            }

            table.Write(terminal.Out);
            return;
        }

        IReadOnlyList<string> lines = KernelBook.Disassemble(name) ?? throw new UsageException($"--kernels {name}: there is no such kernel; without a name all are listed");
        foreach (string line in lines)
        {
            terminal.Out.WriteLine(line);
        }
    }

    static void WriteJson(Utf8JsonWriter writer, (string Name, string Value)[] facts, LocatedModel[] models)
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in facts)
        {
            writer.WriteString(name, value);
        }

        writer.WriteStartArray("models");
        foreach (LocatedModel model in models)
        {
            writer.WriteStartObject();
            writer.WriteString("name", model.Name);
            writer.WriteString("path", model.Path);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    static string Processor()
    {
        string cores = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} logical cores");
        try
        {
            const string key = "model name";
            string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
            string? name = line is null ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            return $"{name ?? RuntimeInformation.ProcessArchitecture.ToString()}, {cores}";
        }
        catch (IOException)
        {
            return $"{RuntimeInformation.ProcessArchitecture}, {cores}";
        }
    }

    /// <summary>What the process may have, and where the system tells, what is free of it.</summary>
    static string Memory()
    {
        string total = Show.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        const string key = "MemAvailable:";
        string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kilobytes)
            ? $"{total}, {Show.Bytes(kilobytes * 1024)} free"
            : total;
    }

    static IEnumerable<string> Instructions() =>
        new (string Name, bool Has)[]
        {
            ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported),
            ("AVX-VNNI", AvxVnni.IsSupported), ("AVX512F", Avx512F.IsSupported), ("AVX512BW", Avx512BW.IsSupported),
            ("AVX512DQ", Avx512DQ.IsSupported), ("AVX512VL", Avx512F.VL.IsSupported), ("AVX512VBMI", Avx512Vbmi.IsSupported),
            ("AVX512-VNNI", KernelBook.HasAvx512Vnni), ("AVX512-BF16", KernelBook.HasAvx512Bf16), ("AdvSimd", AdvSimd.IsSupported), ("Dp", Dp.IsSupported),
        }.Where(f => f.Has).Select(f => f.Name);
}
