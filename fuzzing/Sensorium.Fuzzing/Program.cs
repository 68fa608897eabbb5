using System.Diagnostics;
using System.Globalization;
using Sensorium.Fuzzing;

const int BadInput = 2;

Parser? parser = args.Length > 0 ? Parser.All.FirstOrDefault(p => p.Name.Equals(args[0], StringComparison.OrdinalIgnoreCase)) : null;
double minutes = 1;
int seed = Environment.TickCount;
bool understood = parser is not null;
for (int i = 1; i < args.Length && understood; i += 2)
{
    string value = i + 1 < args.Length ? args[i + 1] : "";
    understood = args[i] switch
    {
        "--minutes" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
        "--seed" => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out seed),
        _ => false,
    };
}

if (!understood)
{
    Console.Error.WriteLine($"usage: ./fuzz PARSER [--minutes N] [--seed N]\nparsers: {string.Join(", ", Parser.All.Select(p => p.Name))}");
    return BadInput;
}

byte[][] seeds = [.. parser!.Seeds.SelectMany(SeedFiles.Find).Select(File.ReadAllBytes), [.. "{}"u8]];
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{parser.Name}: {seeds.Length} seeds, seed {seed}, {minutes} minutes"));
var mutator = new Mutator(seeds, seed);
var watch = Stopwatch.StartNew();
long runs = 0;
long told = 0;
while (watch.Elapsed.TotalMinutes < minutes)
{
    byte[] input = mutator.Next();
    long began = Stopwatch.GetTimestamp();
    try
    {
        parser.One(input);
    }
    catch (Exception e)
    {
        return Finding(parser, input, e.ToString());
    }

    if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(2))
    {
        return Finding(parser, input, $"took {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    runs++;
    if (watch.ElapsedMilliseconds - told > 10_000)
    {
        told = watch.ElapsedMilliseconds;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs} inputs"));
    }
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs} inputs, nothing found"));
return 0;

static int Finding(Parser parser, byte[] input, string what)
{
    string file = $"fuzz-{parser.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}.bin";
    File.WriteAllBytes(file, input);
    Console.WriteLine($"FOUND, the input is in {file}:\n{what}");
    return 1;
}
