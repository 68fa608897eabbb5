using System.Runtime.InteropServices;

namespace Sensorium.Cli.Console;

/// <summary>
/// Ctrl-C and termination. Who handles a Ctrl-C (chat stops its answer) takes it by <see cref="Handle"/>; else the
/// command is cancelled, and if it does not end at once a second one ends the process.
/// </summary>
public sealed class Interrupt : IDisposable
{
    static readonly Lock Gate = new();
    static Func<bool>? handler;

    readonly CancellationTokenSource source = new();
    readonly PosixSignalRegistration interrupt;
    readonly PosixSignalRegistration terminate;

    /// <summary>Listens from now on.</summary>
    public Interrupt()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Cancelled by the first Ctrl-C that nobody handles.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Asks a handler first; it says whether it took the Ctrl-C. Null: nobody.</summary>
    public static void Handle(Func<bool>? takes)
    {
        lock (Gate)
        {
            handler = takes;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    void OnSignal(PosixSignalContext context)
    {
        lock (Gate)
        {
            if (context.Signal == PosixSignal.SIGINT && handler is { } takes && takes())
            {
                context.Cancel = true;
                return;
            }
        }

        if (!source.IsCancellationRequested)
        {
            context.Cancel = true;
            source.Cancel();
        }
    }
}
