using System.CommandLine;
using Sensorium.Cli.Console;

namespace Sensorium.Cli.Commands;

/// <summary>One of the command's verbs: what it is called, what it takes, what it does.</summary>
abstract class Verb
{
    /// <summary>What is typed.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence for the help.</summary>
    public abstract string Description { get; }

    /// <summary>Command lines that work from the root of a checkout. What they write goes into artifacts, where builds go too.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>What it falls into (<c>tokenizer train</c>); then it does nothing by itself.</summary>
    public virtual IReadOnlyList<Verb> Parts => [];

    /// <summary>Declares arguments and options.</summary>
    protected virtual void Declare(Command command)
    {
    }

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    protected virtual Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation) => throw new InvalidOperationException($"{Name} does nothing by itself");

    /// <summary>The verb for the parser.</summary>
    public Command Build(Terminal terminal)
    {
        var command = new Command(Name, Description);
        Declare(command);
        foreach (Verb part in Parts)
        {
            command.Subcommands.Add(part.Build(terminal));
        }

        if (Parts.Count == 0)
        {
            command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        }

        return command;
    }
}
