using System.Text;

namespace Sensorium.Cli.Console;

/// <summary>Where a command reads and writes. Results go to <see cref="Out"/> and nothing else does; all other words go to <see cref="Error"/>.</summary>
public sealed class Terminal : IDisposable
{
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    public Terminal(TextReader input, TextWriter output, TextWriter error)
    {
        In = input;
        Out = output;
        Error = error;
    }

    /// <summary>Standard input.</summary>
    public TextReader In { get; }

    /// <summary>Standard output, UTF-8, lines ended by LF; written when flushed.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person types.</summary>
    public bool IsInputInteractive { get; init; }

    /// <summary>Whether a person reads the results as they come.</summary>
    public bool IsOutputInteractive { get; init; }

    /// <summary>Whether a line on standard error can be drawn again.</summary>
    public bool IsErrorInteractive { get; init; }

    /// <summary>The process's own.</summary>
    public static Terminal Process()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        bool dumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Terminal(
            new LazyInput(utf8),
            new StreamWriter(new StandardOutput(), utf8, 4096) { NewLine = "\n" },
            new StreamWriter(new StandardError(), utf8, 256) { NewLine = "\n", AutoFlush = true })
        {
            IsInputInteractive = !System.Console.IsInputRedirected,
            IsOutputInteractive = !System.Console.IsOutputRedirected,
            IsErrorInteractive = !System.Console.IsErrorRedirected && !dumb,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Out.Dispose();
        }
        catch (OutputException)
        {
            // The reader went before the last bytes, or there is none; that has been told.
        }

        Error.Dispose();
    }

    /// <summary>Standard input, opened when it is first read: most commands never do.</summary>
    sealed class LazyInput(Encoding encoding) : TextReader
    {
        StreamReader? reader;

        StreamReader Reader => reader ??= new StreamReader(new StandardInput(), encoding);

        public override int Read() => Reader.Read();

        public override int Peek() => Reader.Peek();

        public override string? ReadLine() => Reader.ReadLine();

        public override string ReadToEnd() => Reader.ReadToEnd();

        protected override void Dispose(bool disposing)
        {
            reader?.Dispose();
            base.Dispose(disposing);
        }
    }
}
