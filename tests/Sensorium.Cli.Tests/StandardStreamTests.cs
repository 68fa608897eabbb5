using System.Diagnostics;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Tests;

/// <summary>Standard streams that are closed, or no streams of text, as a shell hands them to the process.</summary>
public sealed class StandardStreamTests
{
    const string Embed = "embed --model tests/Sensorium.Conformance/bundles/bert-embed/model";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [ShellTheory]
    [InlineData("tokenize")]
    [InlineData("chat")]
    [InlineData(Embed)]
    public void Closed_input_is_told_by_what_reads_it(string arguments)
    {
        Result result = Shell($"{arguments} <&-");
        result.Code.ShouldBe(ExitCode.BadInput, result.Error);
        result.Out.ShouldBeEmpty();
        Told(result).ShouldHaveSingleItem().ShouldStartWith("sensorium: standard input is closed; ");
    }

    [ShellTheory]
    [InlineData("tokenize")]
    [InlineData("chat")]
    [InlineData(Embed)]
    public void A_folder_as_input_is_told(string arguments)
    {
        Result result = Shell($"{arguments} <src");
        result.Code.ShouldBe(ExitCode.BadInput, result.Error);
        Told(result).ShouldHaveSingleItem().ShouldStartWith("sensorium: standard input: ");
    }

    [ShellTheory]
    [InlineData("tokenize --ids </dev/null", "\n")]
    [InlineData(Embed + " </dev/null", "")]
    [InlineData("chat </dev/null", "")]
    [InlineData("tokenize Hello --ids <&-", "19556\n")]
    [InlineData("tokenize Hello --ids <src", "19556\n")]
    public void Empty_input_is_no_error_and_who_does_not_read_needs_none(string line, string output)
    {
        Result result = Shell(line);
        (result.Code, result.Out).ShouldBe((ExitCode.Success, output), result.Error);
        Told(result).ShouldBeEmpty();
    }

    [ShellTheory]
    [InlineData("tokenize Hello >&-")]
    [InlineData("list >&-")]
    [InlineData(Embed + " a b c >&-")]
    public void Closed_output_ends_the_run_and_is_told_once(string line)
    {
        Result result = Shell(line);
        result.Code.ShouldBe(ExitCode.BadInput, result.Error);
        Told(result).ShouldHaveSingleItem().ShouldStartWith("sensorium: standard output is closed");
    }

    [ShellTheory]
    [InlineData("tokenize Hello 2>&-", ExitCode.Success)]
    [InlineData("tokenize Hello --model there-is-none 2>&-", ExitCode.BadInput)]
    [InlineData("tokenize <&- >&- 2>&-", ExitCode.BadInput)]
    public void Without_standard_error_the_code_alone_tells(string line, int code) => Shell(line).Code.ShouldBe(code);

    /// <summary>What went wrong. Other lines say what was done, and what took its time.</summary>
    static string[] Told(Result result) => [.. result.Error.Split('\n').Where(line => line.StartsWith("sensorium:", StringComparison.Ordinal) || line.StartsWith("   at ", StringComparison.Ordinal) || line.StartsWith("Unhandled", StringComparison.Ordinal))];

    static Result Shell(string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$1\" exec \"$2\" {line}", "sh", Dotnet(), Path.Combine(AppContext.BaseDirectory, "sensorium.dll")])
        {
            WorkingDirectory = Typed.Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"sensorium {line} did not end in {Patience}");
        }

        return new Result(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>The dotnet that has the runtime of this process.</summary>
    static string Dotnet()
    {
        DirectoryInfo runtime = new(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        return Path.Combine(runtime.Parent!.Parent!.Parent!.FullName, "dotnet");
    }
}

/// <summary>A theory that needs a POSIX shell.</summary>
public sealed class ShellTheoryAttribute : TheoryAttribute
{
    public ShellTheoryAttribute()
    {
        if (!File.Exists("/bin/sh"))
        {
            Skip = "needs a POSIX shell";
        }
    }
}
