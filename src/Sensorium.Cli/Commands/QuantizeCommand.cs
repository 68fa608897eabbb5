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
    readonly Argument<string> model = new("model") { Description = "A model's folder, .gguf file or name" };
    readonly Option<string> type = new("--type") { Description = "What it becomes: " + string.Join("; ", QuantMix.All.Select(mix => $"{mix.Name} ({mix.About})")), Required = true, HelpName = "type" };
    readonly Option<string?> output = new("--output", "-o") { Description = "The .gguf file to write; without it one in the current folder, named after model and type", HelpName = "path" };
    readonly Option<bool> pure = new("--pure") { Description = "Every matrix gets the type itself, the output too" };
    readonly Option<bool> requantize = new("--requantize") { Description = "Also from a file that is quantised already" };
    readonly Option<string?> pre = new("--pre") { Description = "Name of the pre-tokenizer under tokenizer.ggml.pre, where the tokenizer's own has none in llama.cpp", HelpName = "name" };
    readonly Option<bool> force = new("--force") { Description = "Replace what is there" };
    readonly Option<bool> check = new("--check") { Description = "Run both and compare their logits on a short text" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "quantize";

    public override string Description => "Store a model with fewer bits a weight, as a GGUF file with llama-quantize's choice of types. Vectors, norms and routers stay F32; rows that a type's blocks do not divide get the next type that fits.";

    public override IReadOnlyList<string> Examples { get; } =
    [
        "./sensorium quantize tests/Sensorium.Conformance/bundles/gguf-quant-types/model-F16.gguf --type Q4_K_M -o tiny.gguf --check",
        "./sensorium quantize tests/Sensorium.Conformance/bundles/llama/model --type Q8_0 -o llama-q8.gguf",
    ];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(model);
        foreach (Option option in new Option[] { type, output, pure, requantize, pre, force, check, json })
        {
            command.Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string name = parsed.GetRequiredValue(type);
        QuantMix mix = QuantMix.Find(name) ?? throw new UsageException($"--type {name} is not written{NearestName.Hint(name, QuantMix.All.Select(m => m.Name))}; {string.Join(", ", QuantMix.All.Select(m => m.Name))} are");
        if (parsed.GetValue(pure))
        {
            mix = mix with { IsPure = true };
        }

        string source = ModelLocator.Locate(parsed.GetRequiredValue(model));
        var options = new ConversionOptions { Mix = mix, Pre = parsed.GetValue(pre), Requantize = parsed.GetValue(requantize) };
        string path = Destination.File(parsed.GetValue(output), source, mix.Name, parsed.GetValue(force));
        ConversionRun.Run(
            terminal,
            source,
            $"quantising {parsed.GetRequiredValue(model)}",
            progress => ModelConverter.ToGguf(source, path, options, progress, cancellation),
            parsed.GetValue(check),
            parsed.GetValue(json),
            cancellation);
        return Task.FromResult(ExitCode.Success);
    }
}
