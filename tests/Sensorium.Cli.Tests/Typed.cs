using Sensorium.Cli.Console;

namespace Sensorium.Cli.Tests;

/// <summary>What came back from a command line.</summary>
sealed record Result(int Code, string Out, string Error);

/// <summary>Command lines as a person types them, in this process.</summary>
static class Typed
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = FindRoot();

    public static async Task<Result> Run(TextReader input, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal(input, output, error);
        int code = await CommandLine.RunAsync(arguments, terminal);
        return new Result(code, output.ToString(), error.ToString());
    }

    static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "Sensorium.slnx")))
        {
            at = at.Parent;
        }

        return at.FullName;
    }
}
