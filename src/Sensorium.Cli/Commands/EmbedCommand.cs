using System.CommandLine;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Embedding;
using Sensorium.Cli.Errors;
using Sensorium.Inference;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>embed</c>: texts and pictures as vectors.</summary>
sealed class EmbedCommand : Verb
{
    const int LinesAhead = 64;

    readonly Argument<string[]> inputs = new("text|file") { Description = "Texts, and files: pictures (JPEG, PNG), or text; without any, or as -, each line of standard input is a text", Arity = ArgumentArity.ZeroOrMore };
    readonly Option<string?> model = new("--model", "-m") { Description = "An embedding model: a folder, a .gguf file or a model's name; by default the first that is found", HelpName = "model" };
    readonly Option<string?> prompt = new("--prompt-name") { Description = "Which of the model's prompts goes before each text (query, passage …)", HelpName = "name" };
    readonly Option<bool> exact = new("--exact") { Description = "Compute with unrounded activations: slower, nearest to the reference" };

    public override string Name => "embed";

    public override string Description => "Turn texts and pictures into vectors: a line of JSON each, with the vector and, for a text, its tokens.";

    public override IReadOnlyList<string> Examples { get; } =
    [
        "./sensorium embed \"A small brown dog ran over the old bridge.\" --model tests/Sensorium.Conformance/bundles/bert-embed/model",
    ];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(inputs);
        foreach (Option option in new Option[] { model, prompt, exact })
        {
            command.Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] arguments = parsed.GetValue(inputs) ?? [];
        bool fromInput = arguments.Length == 0 || arguments is ["-"];
        if (!fromInput && arguments.Contains("-", StringComparer.Ordinal))
        {
            throw new UsageException("- (standard input) stands alone; leave the other arguments out, or the -");
        }

        EmbedInput[] given = fromInput ? [] : [.. arguments.Select(EmbedInput.OfArgument)];
        Embeds wanted = fromInput ? Embeds.Texts : given.Aggregate(Embeds.Nothing, (all, input) => all | input.Kind);
        using EmbeddingRuntime runtime = Load(parsed, wanted, terminal, cancellation);
        string? promptName = parsed.GetValue(prompt);
        if (wanted.HasFlag(Embeds.Texts))
        {
            // What the model has no prompt for is told once, not for every text.
            runtime.System.WithPrompt("", promptName);
        }

        var options = promptName is null ? null : new EmbeddingGenerationOptions { AdditionalProperties = new AdditionalPropertiesDictionary { ["prompt_name"] = promptName } };
        using var generator = new SensoriumEmbeddingGenerator(runtime.Engine, runtime.System);
        return await new EmbedRun(generator, options, terminal).AllAsync(fromInput ? Lines(terminal, cancellation) : All(given), cancellation).ConfigureAwait(false);
    }

    EmbeddingRuntime Load(ParseResult parsed, Embeds wanted, Terminal terminal, CancellationToken cancellation)
    {
        string? named = parsed.GetValue(model);
        LocatedModel located = named is null ? EmbeddingModels.Find(wanted, ModelLocator.All()) : new LocatedModel(named, ModelLocator.Locate(named), "");
        if (named is null)
        {
            terminal.Error.WriteLine($"with {located.Name}");
        }

        EmbeddingRuntime runtime = ModelLoading.Embeddings(located, parsed.GetValue(exact) ? Numerics.Exact : Numerics.Fast, terminal, cancellation);
        Embeds missing = wanted & ~TakenBy(runtime.System);
        if (missing == Embeds.Nothing)
        {
            return runtime;
        }

        runtime.Dispose();
        throw new UsageException($"--model {named} embeds no {EmbeddingModels.Kinds(missing)}; {EmbeddingModels.ToGet(wanted)}");
    }

    static Embeds TakenBy(EmbeddingSystem system) =>
        (system.TakesTexts ? Embeds.Texts : Embeds.Nothing) | (system.TakesPictures ? Embeds.Pictures : Embeds.Nothing);

    static ChannelReader<EmbedInput> All(EmbedInput[] given)
    {
        var all = Channel.CreateUnbounded<EmbedInput>();
        foreach (EmbedInput input in given)
        {
            all.Writer.TryWrite(input);
        }

        all.Writer.Complete();
        return all.Reader;
    }

    /// <summary>Standard input line by line, read while others are embedded.</summary>
    static ChannelReader<EmbedInput> Lines(Terminal terminal, CancellationToken cancellation)
    {
        var lines = Channel.CreateBounded<EmbedInput>(LinesAhead);
        _ = Task.Run(
            async () =>
            {
                Exception? error = null;
                try
                {
                    while (await terminal.In.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
                    {
                        await lines.Writer.WriteAsync(EmbedInput.Of(line), cancellation).ConfigureAwait(false);
                    }
                }
#pragma warning disable CA1031 // Whatever ends the reading ends the run: it is thrown again where the lines are awaited.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    error = e;
                }

                lines.Writer.Complete(error);
            },
            CancellationToken.None);
        return lines.Reader;
    }
}
