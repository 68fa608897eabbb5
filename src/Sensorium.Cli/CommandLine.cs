using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text;
using Sensorium.Cli.Commands;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Weights;

namespace Sensorium.Cli;

/// <summary>The <c>sensorium</c> command: parses the arguments, runs one verb and turns what goes wrong into a line and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="cancellation">Ends the command early.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation = default)
    {
        try
        {
            ArgumentBytes.Check(arguments);
            RootCommand root = Root(terminal);
            ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            if (parsed.Errors.Count > 0)
            {
                return Refuse(parsed, terminal);
            }

            if (parsed.Action is not ExampleHelpAction && UnknownOption(parsed) is { } unknown)
            {
                throw new UsageException(unknown);
            }

            int code = await parsed.InvokeAsync(
                new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellation).ConfigureAwait(false);
            await terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return code;
        }
#pragma warning disable CA1031 // The outermost frame: whatever comes here is said in one line.
        catch (Exception e)
#pragma warning restore CA1031
        {
            FlushQuietly(terminal);
            return ErrorReport.Report(e, terminal);
        }
    }

    static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Models that see and talk, on this machine: no network, no native libraries.");
        Verb[] verbs =
        [
            new AskCommand(), new ChatCommand(), new LabelCommand(), new DetectCommand(), new EmbedCommand(), new InspectCommand(), new ListCommand(),
            new ConvertCommand(), new QuantizeCommand(), new VerifyCommand(), new BenchCommand(), new TokenizeCommand(), new TokenizerCommand(), new DoctorCommand(),
        ];
        foreach (Verb verb in verbs)
        {
            root.Subcommands.Add(verb.Build(terminal));
        }

        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            var action = new ExampleHelpAction((HelpAction)help.Action!, verbs);
            help.Action = action;
            root.SetAction(parsed =>
            {
                // Without a verb there is nothing to do: the help is what was missing.
                action.Invoke(parsed);
                return ExitCode.BadInput;
            });
        }

        return root;
    }

    static int Refuse(ParseResult parsed, Terminal terminal)
    {
        string verb = VerbOf(parsed.CommandResult);
        // "tokenizer fly" lacks a verb's part as well as it has a wrong one: what is wrong says more.
        ParseError[] told = [.. parsed.Errors.Where(error => parsed.UnmatchedTokens.Count == 0 || error.SymbolResult is not CommandResult { Command.Subcommands.Count: > 0 } || error.Message.Contains(parsed.UnmatchedTokens[0], StringComparison.Ordinal))];
        foreach (string message in told.Select(Tell).Distinct(StringComparer.Ordinal))
        {
            terminal.Error.WriteLine("sensorium: " + message.ReplaceLineEndings(" "));
        }

        terminal.Error.WriteLine($"See: sensorium {verb}--help");
        return ExitCode.BadInput;
    }

    static string Tell(ParseError error) => error.SymbolResult is OptionResult { Tokens: [var given, ..] } result && error.Message.Contains("System.", StringComparison.Ordinal)
        ? $"{result.Option.Name} takes {(Number(result.Option.ValueType) ? "a number" : "a whole number")}, not '{given.Value}'"
        : error.Message;

    static bool Number(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain == typeof(float) || plain == typeof(double));

    /// <summary>
    /// What is wrong with an argument that looks like an option: a misspelt flag must not become the text that a verb takes.
    /// Texts and files that begin so stand after <c>--</c>.
    /// </summary>
    static string? UnknownOption(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        foreach (Token token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
            {
                return null;
            }

            if (token.Type == TokenType.Argument && LooksLikeOption(token.Value) && parsed.CommandResult.Tokens.Contains(token))
            {
                return $"there is no option {token.Value}{NearestName.Hint(token.Value, command.Options.Select(option => option.Name))}; see sensorium {VerbOf(parsed.CommandResult)}--help. A text or file that begins so goes after --";
            }
        }

        return null;
    }

    static bool LooksLikeOption(string word) =>
        word.TrimStart('-') is [>= 'a' and <= 'z' or >= 'A' and <= 'Z', ..] name && word.Length - name.Length is 1 or 2 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '=');

    // "tokenizer train " for a verb's part; nothing for the root.
    static string VerbOf(SymbolResult? result) =>
        result is CommandResult { Command: not RootCommand } command ? VerbOf(command.Parent) + command.Command.Name + " " : "";

    static void FlushQuietly(Terminal terminal)
    {
        try
        {
            terminal.Out.Flush();
        }
        catch (OutputException)
        {
            // The error that led here matters more.
        }
    }

    /// <summary>The usual help, and below it an example that works.</summary>
    sealed class ExampleHelpAction(HelpAction usual, Verb[] verbs) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = usual.Invoke(parseResult);
            TextWriter output = parseResult.InvocationConfiguration.Output;
            Command command = parseResult.CommandResult.Command;
            IEnumerable<Verb> beside = parseResult.CommandResult.Parent is CommandResult { Command: not RootCommand } above ? verbs.First(verb => string.Equals(verb.Name, above.Command.Name, StringComparison.Ordinal)).Parts : verbs;
            Verb[] shown = [.. beside.Where(verb => command is RootCommand || string.Equals(verb.Name, command.Name, StringComparison.Ordinal))];
            output.WriteLine(command is RootCommand ? "Examples:" : "Example:");
            foreach (string example in shown.SelectMany(verb => command is RootCommand ? verb.Examples.Take(1) : verb.Examples))
            {
                output.WriteLine("  " + example);
            }

            output.WriteLine();
            return code;
        }
    }
}
