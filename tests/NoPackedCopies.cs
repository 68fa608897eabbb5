using System.Runtime.CompilerServices;

namespace Sensorium;

/// <summary>Tests, and the processes that they start, leave the user's cache alone.</summary>
static class NoPackedCopies
{
    [ModuleInitializer]
    internal static void SwitchOff() => Environment.SetEnvironmentVariable("SENSORIUM_PACKED", "0");
}
