using System.Globalization;

namespace Sensorium.Cli.Console;

/// <summary>
/// Says on standard error what takes longer than a second. On a terminal one line is drawn again and wiped at the end;
/// elsewhere a plain line comes after a second and then every ten.
/// </summary>
public sealed class Progress : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly Terminal terminal;
    readonly string what;
    readonly Timer timer;
    readonly long began = Environment.TickCount64;
    double share = double.NaN;
    int drawn;

    /// <param name="terminal">Where to say it.</param>
    /// <param name="what">What is going on: <c>loading nano</c>.</param>
    public Progress(Terminal terminal, string what)
    {
        this.terminal = terminal;
        this.what = what;
        timer = new Timer(static state => ((Progress)state!).Draw(), this, Patience, TimeSpan.FromMilliseconds(terminal.IsErrorInteractive ? 100 : 10_000));
    }

    /// <summary>How much is done, from 0 to 1; any thread may say it.</summary>
    public void Report(double done) => Volatile.Write(ref share, done);

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            if (drawn > 0 && terminal.IsErrorInteractive)
            {
                terminal.Error.Write("\r" + new string(' ', drawn) + "\r");
            }

            // A callback that was already on its way draws nothing more.
            drawn = -1;
        }
    }

    void Draw()
    {
        lock (gate)
        {
            if (drawn < 0)
            {
                return;
            }

            double done = Volatile.Read(ref share);
            long seconds = (Environment.TickCount64 - began) / 1000;
            string percent = double.IsNaN(done) ? "" : string.Create(CultureInfo.InvariantCulture, $" {Math.Clamp(done, 0, 1) * 100:0} %");
            string line = string.Create(CultureInfo.InvariantCulture, $"{what} ...{percent} ({seconds} s)");
            if (terminal.IsErrorInteractive)
            {
                terminal.Error.Write("\r" + line.PadRight(drawn));
                drawn = Math.Max(drawn, line.Length);
            }
            else
            {
                terminal.Error.WriteLine(line);
                drawn = 1;
            }
        }
    }
}
