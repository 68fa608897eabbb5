using Sensorium.Cli.Console;
using Sensorium.Media;
using Sensorium.Models.Systems;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Cli.Errors;

/// <summary>The one place that turns exceptions into a line on standard error and an exit code.</summary>
static class ErrorReport
{
    /// <summary>Says what went wrong in one line and gives the exit code.</summary>
    public static int Report(Exception exception, Terminal terminal)
    {
        switch (Innermost(exception))
        {
            case ClosedPipeException:
                return ExitCode.Success;
            case OperationCanceledException:
                return ExitCode.Interrupted;
            case Exception known when known is OutputException || IsInput(known):
                Line(terminal, known.Message);
                return ExitCode.BadInput;
            case OutOfMemoryException:
                Line(terminal, "the machine has not enough memory for this; use a smaller model, or one of fewer bits a weight");
                return ExitCode.Failure;
            case var unknown:
                Line(terminal, $"an error inside Sensorium, please report it: {unknown.GetType().Name}: {unknown.Message}");
                if (Environment.GetEnvironmentVariable("SENSORIUM_DEBUG") is { Length: > 0 })
                {
                    terminal.Error.WriteLine(unknown.ToString());
                }

                return ExitCode.Failure;
        }
    }

    /// <summary>Whether the fault is in what was given (arguments, files, environment), not in the program.</summary>
    public static bool IsInput(Exception exception) => exception
        is UsageException or CheckpointException or MediaException or RequestException or TokenizerException or TemplateException
        or IOException or UnauthorizedAccessException or ArgumentException { ParamName: null };

    static Exception Innermost(Exception exception) => exception is AggregateException { InnerExceptions: [Exception only] } ? Innermost(only) : exception;

    static void Line(Terminal terminal, string message) =>
        terminal.Error.WriteLine("sensorium: " + message.ReplaceLineEndings(" "));
}
