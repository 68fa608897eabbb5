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
    readonly ConversionFlags flags = new("The file or folder to write; without it one in the current folder, named after the model");
    readonly Option<string> to = new("--to") { Description = "gguf (one file) or safetensors (a folder as the Hugging Face hub has it)", Required = true, HelpName = "format" };
    readonly Option<string?> type = new("--type") { Description = "F32, F16 or BF16; without it numbers stay as they are stored, and blocks (Q4_0 …) become F32, which holds them exactly", HelpName = "type" };

    public override string Name => "convert";

    public override string Description => "Turn a folder with safetensors into a GGUF file that llama.cpp opens as well, or a GGUF file into such a folder. What cannot be carried over is said, and refused where the model would answer otherwise.";

    public override IReadOnlyList<string> Examples { get; } =
    [
        "./sensorium convert tests/Sensorium.Conformance/bundles/llama/model --to gguf -o artifacts/llama.gguf",
        "./sensorium convert smollm2-135m-instruct --to safetensors --type BF16 -o artifacts/smollm2",
    ];

    protected override void Declare(Command command) => flags.Declare(command, [to], [type]);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string format = parsed.GetRequiredValue(to);
        if (format is not ("gguf" or "safetensors"))
        {
            throw new UsageException($"--to {format} is no format; gguf and safetensors are");
        }

        QuantMix? mix = Mix(parsed.GetValue(type));
        string source = flags.Source(parsed);
        ConversionOptions options = flags.Options(parsed, mix);
        string path = format == "gguf" ? flags.File(parsed, source, mix?.Name) : flags.Folder(parsed, source);
        flags.Run(
            parsed,
            terminal,
            source,
            "converting",
            progress => format == "gguf"
                ? ModelConverter.ToGguf(source, path, options, progress, cancellation)
                : ModelConverter.ToFolder(source, path, options, progress, cancellation),
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
