using Sensorium.Cli;
using Sensorium.Cli.Console;

using Terminal terminal = Terminal.Process();
using var interrupt = new Interrupt();
return await CommandLine.RunAsync(args, terminal, interrupt.Token).ConfigureAwait(false);
