using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Commands;

/// <summary>One photo after the other: a bad one is told on standard error, and the run goes on.</summary>
static class PhotoRun
{
    /// <summary>Does all files.</summary>
    /// <returns>The exit code: <see cref="ExitCode.BadInput"/> when one of them could not be used.</returns>
    public static int Each(string[] files, Terminal terminal, CancellationToken cancellation, Action<string> one)
    {
        int code = ExitCode.Success;
        foreach (string file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                one(file);
            }
            catch (Exception e) when (ErrorReport.IsInput(e))
            {
                terminal.Out.Flush();
                code = ErrorReport.Report(e, terminal);
            }

            terminal.Out.Flush();
        }

        return code;
    }
}
