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

    /// <summary>Command lines that work from the root of a checkout.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Declares arguments and options.</summary>
    protected abstract void Declare(Command command);

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation);

    /// <summary>The verb for the parser.</summary>
    public Command Build(Terminal terminal)
    {
        var command = new Command(Name, Description);
        Declare(command);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }
}
