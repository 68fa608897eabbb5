namespace Sensorium.Cli.Console;

/// <summary>Standard output cannot be written, so that the command has nobody to work for: unlike a bad file among good ones, it ends the run.</summary>
class OutputException(string message, Exception? inner = null) : Exception(message, inner);
