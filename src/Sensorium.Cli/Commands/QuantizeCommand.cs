using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Cli.Conversion;
using Sensorium.Cli.Errors;
using Sensorium.Models.Conversion;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>quantize</c>: fewer bits a weight.</summary>
sealed class QuantizeCommand : Verb
{
    readonly ConversionFlags flags = new("The .gguf file to write; without it one in the current folder, named after model and type");
    readonly Option<string> type = new("--type") { Description = "What it becomes: " + string.Join("; ", QuantMix.All.Select(mix => $"{mix.Name} ({mix.About})")), Required = true, HelpName = "type" };
    readonly Option<bool> pure = new("--pure") { Description = "Every matrix gets the type itself, the output too" };
    readonly Option<bool> requantize = new("--requantize") { Description = "Also from a file that is quantised already" };

    public override string Name => "quantize";

    public override string Description => "Store a model with fewer bits a weight, as a GGUF file with llama-quantize's choice of types. Vectors, norms and routers stay F32; rows that a type's blocks do not divide get the next type that fits.";

    public override IReadOnlyList<string> Examples { get; } =
    [
        "./sensorium quantize tests/Sensorium.Conformance/bundles/gguf-quant-types/model-F16.gguf --type Q4_K_M -o artifacts/tiny.gguf --check",
        "./sensorium quantize tests/Sensorium.Conformance/bundles/llama/model --type Q8_0 -o artifacts/llama-q8.gguf",
    ];

    protected override void Declare(Command command) => flags.Declare(command, [type], [pure, requantize]);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string name = parsed.GetRequiredValue(type);
        QuantMix mix = QuantMix.Find(name) ?? throw new UsageException($"--type {name} is not written{NearestName.Hint(name, QuantMix.All.Select(m => m.Name))}; {string.Join(", ", QuantMix.All.Select(m => m.Name))} are");
        if (parsed.GetValue(pure))
        {
            mix = mix with { IsPure = true };
        }

        string source = flags.Source(parsed);
        ConversionOptions options = flags.Options(parsed, mix) with { Requantize = parsed.GetValue(requantize) };
        string path = flags.File(parsed, source, mix.Name);
        flags.Run(parsed, terminal, source, "quantising", progress => ModelConverter.ToGguf(source, path, options, progress, cancellation), cancellation);
        return Task.FromResult(ExitCode.Success);
    }
}
