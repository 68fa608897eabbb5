using System.CommandLine;
using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Cli.Inspection;
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
        MachineFacts facts = MachineFacts.Of(device);
        LocatedModel[] models = [.. ModelLocator.All()];
        if (parsed.GetValue(json))
        {
            JsonOutput.Write(terminal, writer => WriteJson(writer, facts, models));
            return Task.FromResult(ExitCode.Success);
        }

        facts.Write(terminal.Out);
        terminal.Out.WriteLine($"{"packed copies",-13} {(PackedCopies.OfUser is { } packed ? $"{Show.Bytes(packed.HeldBytes)} in {packed.Folder} ({PackedCopies.Variable}=0 keeps none)" : $"none are kept ({PackedCopies.Variable})")}");
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

    static void WriteJson(Utf8JsonWriter writer, MachineFacts facts, LocatedModel[] models)
    {
        writer.WriteStartObject();
        facts.Write(writer);
        if (PackedCopies.OfUser is { } packed)
        {
            writer.WriteStartObject("packed_copies");
            writer.WriteString("folder", packed.Folder);
            writer.WriteNumber("bytes", packed.HeldBytes);
            writer.WriteEndObject();
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
}
