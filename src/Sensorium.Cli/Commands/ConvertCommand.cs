using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Cli.Conversion;
using Sensorium.Cli.Errors;
using Sensorium.Models.Conversion;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>convert</c>: a hub folder as a GGUF file, and back.</summary>
sealed class ConvertCommand : Verb
{
    readonly Argument<string> model = new("model") { Description = "A model's folder, .gguf file or name" };
    readonly Option<string> to = new("--to") { Description = "gguf (one file) or safetensors (a folder as the Hugging Face hub has it)", Required = true, HelpName = "format" };
    readonly Option<string?> output = new("--output", "-o") { Description = "The file or folder to write; without it one in the current folder, named after the model", HelpName = "path" };
    readonly Option<string?> type = new("--type") { Description = "F32, F16 or BF16; without it numbers stay as they are stored, and blocks (Q4_0 …) become F32, which holds them exactly", HelpName = "type" };
    readonly Option<string?> pre = new("--pre") { Description = "Name of the pre-tokenizer under tokenizer.ggml.pre, where the tokenizer's own has none in llama.cpp", HelpName = "name" };
    readonly Option<bool> force = new("--force") { Description = "Replace what is there" };
    readonly Option<bool> check = new("--check") { Description = "Run both and compare their logits on a short text" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "convert";

    public override string Description => "Turn a folder with safetensors into a GGUF file that llama.cpp opens as well, or a GGUF file into such a folder. What cannot be carried over is said, and refused where the model would answer otherwise.";

    public override IReadOnlyList<string> Examples { get; } =
    [
        "./sensorium convert tests/Sensorium.Conformance/bundles/llama/model --to gguf -o llama.gguf",
        "./sensorium convert smollm2-135m-instruct --to safetensors --type BF16 -o smollm2-folder",
    ];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(model);
        foreach (Option option in new Option[] { to, output, type, pre, force, check, json })
        {
            command.Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string format = parsed.GetRequiredValue(to);
        if (format is not ("gguf" or "safetensors"))
        {
            throw new UsageException($"--to {format} is no format; gguf and safetensors are");
        }

        QuantMix? mix = Mix(parsed.GetValue(type));
        string source = ModelLocator.Locate(parsed.GetRequiredValue(model));
        var options = new ConversionOptions { Mix = mix, Pre = parsed.GetValue(pre) };
        bool overwrite = parsed.GetValue(force);
        string path = format == "gguf"
            ? Destination.File(parsed.GetValue(output), source, mix?.Name, overwrite)
            : Destination.Folder(parsed.GetValue(output), source, overwrite);
        ConversionRun.Run(
            terminal,
            source,
            $"converting {parsed.GetRequiredValue(model)}",
            progress => format == "gguf"
                ? ModelConverter.ToGguf(source, path, options, progress, cancellation)
                : ModelConverter.ToFolder(source, path, options, progress, cancellation),
            parsed.GetValue(check),
            parsed.GetValue(json),
            cancellation);
        return Task.FromResult(ExitCode.Success);
    }

    static QuantMix? Mix(string? name)
    {
        if (name is null)
        {
            return null;
        }

        return QuantMix.Find(name) switch
        {
            { IsQuantized: false } plain => plain,
            { } => throw new UsageException($"--type {name} is for quantize; convert has F32, F16 and BF16"),
            null => throw new UsageException($"--type {name} is no type; F32, F16 and BF16 are"),
        };
    }
}
