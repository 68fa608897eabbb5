using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Models.Loading;

namespace Sensorium.Cli.Commands;

/// <summary><c>list</c>: the families that can be opened.</summary>
sealed class ListCommand : Verb
{
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "list";

    public override string Description => "List the model families, what each takes and what it gives.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium list"];

    protected override void Declare(Command command) => command.Options.Add(json);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(json))
        {
            JsonOutput.Write(terminal, writer =>
            {
                writer.WriteStartArray();
                foreach (Family family in Catalog.Families)
                {
                    writer.WriteStartObject();
                    writer.WriteString("type", family.Type);
                    writer.WriteString("gguf", family.Gguf?.Architecture);
                    writer.WriteString("title", family.Title);
                    writer.WriteString("takes", family.Takes);
                    writer.WriteString("gives", family.Gives);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
            return Task.FromResult(ExitCode.Success);
        }

        var table = new TextTable("type", "GGUF", "family", "takes", "gives");
        foreach (Family family in Catalog.Families)
        {
            table.Add(family.Type, family.Gguf?.Architecture ?? "-", family.Title, family.Takes, family.Gives);
        }

        table.Write(terminal.Out);
        return Task.FromResult(ExitCode.Success);
    }
}
