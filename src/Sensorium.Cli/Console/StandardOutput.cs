using Microsoft.Win32.SafeHandles;

namespace Sensorium.Cli.Console;

/// <summary>Standard output, which says when its reader has gone. (The runtime's own stream swallows that, and the work would go on for nobody.)</summary>
sealed class StandardOutput : Stream
{
    const int BrokenPipe = 32;
    const int WindowsNoData = unchecked((int)0x800700E8);
    const int WindowsBrokenPipe = unchecked((int)0x8007006D);

    readonly Stream inner = Open();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException e) when (e.HResult is BrokenPipe or WindowsNoData or WindowsBrokenPipe)
        {
            throw new ClosedPipeException(e);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>A pipe as a file stream, which reports its end. A redirect to a file shares its position with other processes, which only the runtime's own stream respects.</summary>
    static Stream Open()
    {
        if (!OperatingSystem.IsWindows())
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, 0);
            if (!stream.CanSeek)
            {
                return stream;
            }
        }

        return System.Console.OpenStandardOutput();
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
