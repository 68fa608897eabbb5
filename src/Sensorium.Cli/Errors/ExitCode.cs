namespace Sensorium.Cli.Errors;

/// <summary>What the process answers its caller; documented in docs/commands.md.</summary>
public static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Success = 0;

    /// <summary>A check failed, or there is no answer.</summary>
    public const int Failure = 1;

    /// <summary>The command line, a file or a model cannot be used as it is.</summary>
    public const int BadInput = 2;

    /// <summary>Nothing failed, but something was skipped (<c>verify</c>).</summary>
    public const int Skipped = 3;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
