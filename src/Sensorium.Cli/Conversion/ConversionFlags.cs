using System.CommandLine;
using Sensorium.Cli.Console;
using Sensorium.Models.Conversion;
using Sensorium.Weights;

namespace Sensorium.Cli.Conversion;

/// <summary>What <c>convert</c> and <c>quantize</c> share: the model, where it goes, and what is shown of it.</summary>
/// <param name="outputIs">What --output names.</param>
sealed class ConversionFlags(string outputIs)
{
    readonly Argument<string> model = new("model") { Description = "A model's folder, .gguf file or name" };
    readonly Option<string?> output = new("--output", "-o") { Description = outputIs, HelpName = "path" };
    readonly Option<string?> pre = new("--pre") { Description = "Name of the pre-tokenizer under tokenizer.ggml.pre, where the tokenizer's own has none in llama.cpp", HelpName = "name" };
    readonly Option<bool> force = new("--force") { Description = "Replace what is there" };
    readonly Option<bool> check = new("--check") { Description = "Run both and compare their logits on a short text" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    /// <summary>Declares them around a verb's own options.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="what">Shown before --output: what the verb makes.</param>
    /// <param name="how">Shown after it.</param>
    public void Declare(Command command, Option[] what, Option[] how)
    {
        command.Arguments.Add(model);
        foreach (Option option in (Option[])[.. what, output, .. how, pre, force, check, json])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The checkpoint's place.</summary>
    public string Source(ParseResult parsed) => ModelLocator.Locate(parsed.GetRequiredValue(model));

    /// <summary>The .gguf file to write.</summary>
    public string File(ParseResult parsed, string source, string? type) => Destination.File(parsed.GetValue(output), source, type, parsed.GetValue(force));

    /// <summary>The folder to write.</summary>
    public string Folder(ParseResult parsed, string source) => Destination.Folder(parsed.GetValue(output), source, parsed.GetValue(force));

    /// <summary>How it is converted.</summary>
    public ConversionOptions Options(ParseResult parsed, QuantMix? mix) => new() { Mix = mix, Pre = parsed.GetValue(pre) };

    /// <summary>Converts and shows what came of it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="doing">For the progress line: <c>quantising</c>.</param>
    /// <param name="convert">The conversion.</param>
    /// <param name="cancellation">Stops the comparison.</param>
    public void Run(ParseResult parsed, Terminal terminal, string source, string doing, Func<IProgress<LoadProgress>, ConversionResult> convert, CancellationToken cancellation) =>
        ConversionRun.Run(terminal, source, $"{doing} {parsed.GetRequiredValue(model)}", convert, parsed.GetValue(check), parsed.GetValue(json), cancellation);
}
