namespace Sensorium.Cli.Console;

/// <summary>Whoever read standard output has gone (<c>sensorium … | head -1</c>): the command ends, and that is no error.</summary>
sealed class ClosedPipeException(Exception inner) : OutputException("standard output is closed", inner);
