namespace Sensorium.Cli.Console;

/// <summary>Standard error. Where it is closed or cannot be written, its words are lost, and the command goes on: its results do not depend on them.</summary>
sealed class StandardError : OutputStream
{
    readonly Stream inner = StandardDescriptor.IsOpen(StandardDescriptor.Error) ? System.Console.OpenStandardError() : Null;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is nowhere to say it.
        }
    }
}
