using Sensorium.Inference.Benchmarks;
using Sensorium.Tensors;

if (args.Length is < 1 or > 2)
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks/Sensorium.Inference.Benchmarks -- VOCABULARY.gguf [TYPE]

        Writes a model of Llama-3.2-1B's shape with made-up weights (Q8_0 unless told; about 1.3 GB, in the temporary folder) and
        the vocabulary of the given file, and times it from its file to the first token, without a packed copy of the weights and with one (in a folder of its own), and a
        cached prompt to its first token.
        """);
    return 2;
}

DType type = args.Length > 1 ? Enum.Parse<DType>(args[1], ignoreCase: true) : DType.Q8_0;
string model = Path.Combine(Path.GetTempPath(), $"sensorium-benchmark-{type}.gguf");
if (!File.Exists(model))
{
    ModelFile.Write(args[0], model, type);
}

Console.WriteLine($"{model}: {new FileInfo(model).Length / 1e6:F0} MB");
Console.WriteLine(await Starting.FirstTokenAsync(model, rounds: 7).ConfigureAwait(false));
Console.WriteLine(await Starting.CachedPrefixAsync(model, rounds: 9).ConfigureAwait(false));
return 0;
