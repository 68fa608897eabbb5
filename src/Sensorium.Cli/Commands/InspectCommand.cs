using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Cli.Inspection;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>inspect</c>: what a checkpoint is, from its headers alone.</summary>
sealed class InspectCommand : Verb
{
    readonly Argument<string> path = new("path") { Description = "A model's folder, a .gguf or .safetensors file, or a model's name" };
    readonly Option<bool> tensors = new("--tensors") { Description = "List every tensor" };
    readonly Option<bool> json = new("--json") { Description = "For programs; lists every tensor" };

    public override string Name => "inspect";

    public override string Description => "Show what a checkpoint is (architecture, parts, tensors, memory, tokenizer, chat template) without loading it.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium inspect models/nano", "./sensorium inspect smollm2-135m-instruct --tensors"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(path);
        command.Options.Add(tensors);
        command.Options.Add(json);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        CheckpointSummary summary = CheckpointSummary.Read(ModelLocator.Locate(parsed.GetRequiredValue(path)));
        if (parsed.GetValue(json))
        {
            JsonOutput.Write(terminal, summary.Write);
        }
        else
        {
            summary.Write(terminal.Out, parsed.GetValue(tensors));
        }

        return Task.FromResult(ExitCode.Success);
    }
}
