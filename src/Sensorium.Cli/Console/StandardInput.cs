using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Console;

/// <summary>Standard input, which says what is wrong with it: that it is closed, or a folder.</summary>
sealed class StandardInput : Stream
{
    readonly Stream inner;

    /// <exception cref="UsageException">It is closed.</exception>
    public StandardInput() => inner = StandardDescriptor.IsOpen(StandardDescriptor.Input)
        ? System.Console.OpenStandardInput()
        : throw new UsageException("standard input is closed; give what is to be read as an argument, or open it (</dev/null is an empty one)");

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return inner.Read(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"standard input: {e.Message}", e);
        }
    }

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
