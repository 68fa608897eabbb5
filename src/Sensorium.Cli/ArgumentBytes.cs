using System.Text;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli;

/// <summary>Finds arguments that were no UTF-8: the runtime has then replaced what it could not read, so a file's name would be another's.</summary>
static class ArgumentBytes
{
    const char Replacement = '\uFFFD';

    /// <exception cref="UsageException">An argument is not UTF-8.</exception>
    public static void Check(string[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Contains(Replacement, StringComparison.Ordinal) && !WasWrittenSo(arguments[i]))
            {
                throw new UsageException($"argument {i + 1} ('{arguments[i]}') is not UTF-8; rename the file, or set the terminal to UTF-8");
            }
        }
    }

    /// <summary>Whether the process was really given U+FFFD. Only Linux tells the bytes.</summary>
    static bool WasWrittenSo(string argument)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            byte[] given = File.ReadAllBytes("/proc/self/cmdline");
            byte[] wanted = [0, .. Encoding.UTF8.GetBytes(argument), 0];
            return given.AsSpan().IndexOf(wanted) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
