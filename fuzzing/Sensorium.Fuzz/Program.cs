using System.Globalization;
using Sensorium.Fuzz;
using Sensorium.Fuzzing;

const int BadInput = 2;

if (args.Length == 0 || args is ["--help" or "-h"])
{
    Console.WriteLine($"""
        ./fuzz PARSER [--minutes N] [--seed N]   gives mutated inputs to a parser (1 minute, any seed)
        ./fuzz PARSER --input FILE               gives it one file, as a finding was written

        A finding is written to a file; the exit code is then 1. The parsers:
          {string.Join("\n  ", Parsers.All.Select(p => p.Name))}
        """);
    return 0;
}

if (Parsers.Named(args[0]) is not { } parser)
{
    return Misused($"there is no parser '{args[0]}'");
}

double minutes = 1;
int seed = Random.Shared.Next();
string? file = null;
for (int i = 1; i < args.Length; i += 2)
{
    string value = i + 1 < args.Length ? args[i + 1] : "";
    bool understood = args[i] switch
    {
        "--minutes" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out minutes) && minutes is > 0 and < 1e6,
        "--seed" => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out seed),
        "--input" => File.Exists(file = value),
        _ => false,
    };
    if (!understood)
    {
        return Misused($"'{args[i]} {value}' is not understood");
    }
}

return file is null ? new Session(parser, seed, TimeSpan.FromMinutes(minutes)).Run() : Session.Replay(parser, file);

static int Misused(string problem)
{
    Console.Error.WriteLine($"fuzz: {problem}; ./fuzz alone lists what there is");
    return BadInput;
}
