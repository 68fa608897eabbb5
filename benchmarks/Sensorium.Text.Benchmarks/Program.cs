using Sensorium.Text.Benchmarks;

if (args.Length is 0 or > 2 || args[0] == "--help")
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks/Sensorium.Text.Benchmarks -- TOKENIZER [TEXT]

        Times opening a tokenizer (a tokenizer.json, also gzipped, a .gguf file, a model's folder …), and a megabyte of TEXT through
        it on one thread: by a tokenizer that has seen nothing yet, and by one that has. Without TEXT only the opening is timed.
        """);
    return 2;
}

string tokenizer = Opening.Unpacked(args[0]);
Console.WriteLine(Opening.Measure(tokenizer, rounds: 15));
if (args.Length == 2)
{
    Console.WriteLine(Encoding.Measure(tokenizer, File.ReadAllText(args[1]), rounds: 31));
}

return 0;
