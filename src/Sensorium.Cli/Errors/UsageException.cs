namespace Sensorium.Cli.Errors;

/// <summary>A command line that cannot be followed. The message names the argument at fault and says what to do.</summary>
public sealed class UsageException(string message) : Exception(message);
