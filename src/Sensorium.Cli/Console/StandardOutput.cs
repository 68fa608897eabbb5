using Microsoft.Win32.SafeHandles;

namespace Sensorium.Cli.Console;

/// <summary>Standard output, which says when its reader has gone. (The runtime's own stream swallows that, and the work would go on for nobody.)</summary>
sealed class StandardOutput : OutputStream
{
    const int BrokenPipe = 32;
    const int WindowsNoData = unchecked((int)0x800700E8);
    const int WindowsBrokenPipe = unchecked((int)0x8007006D);

    readonly Stream? inner = StandardDescriptor.IsOpen(StandardDescriptor.Output) ? Open() : null;

    /// <exception cref="ClosedPipeException">The reader has gone.</exception>
    /// <exception cref="OutputException">It is closed, or what it goes to cannot be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (inner is null)
        {
            throw new OutputException("standard output is closed; open it (>/dev/null takes and forgets all)");
        }

        try
        {
            inner.Write(buffer);
        }
        catch (IOException e) when (e.HResult is BrokenPipe or WindowsNoData or WindowsBrokenPipe)
        {
            throw new ClosedPipeException(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"standard output: {e.Message}", e);
        }
    }

    /// <summary>A pipe as a file stream, which reports its end. A redirect to a file shares its position with other processes, which only the runtime's own stream respects.</summary>
    static Stream Open()
    {
        if (!OperatingSystem.IsWindows())
        {
            var stream = new FileStream(new SafeFileHandle(StandardDescriptor.Output, ownsHandle: false), FileAccess.Write, 0);
            if (!stream.CanSeek)
            {
                return stream;
            }
        }

        return System.Console.OpenStandardOutput();
    }
}
