using System.CommandLine;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Inference;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Commands;

/// <summary><c>ask</c>: a question about files, answered as it is made.</summary>
sealed class AskCommand : Verb
{
    readonly Argument<string[]> words = new("file… question") { Description = "Pictures (JPEG, PNG), then the question in quotes", Arity = ArgumentArity.OneOrMore };
    readonly GenerationFlags flags = new();
    readonly Option<bool> json = new("--json") { Description = "For programs: answer, tokens and times as one JSON object" };

    public override string Name => "ask";

    public override string Description => "Ask a question about pictures.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium ask tests/Sensorium.Conformance/bundles/nano/photo-0.jpg \"What is in this picture?\""];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(words);
        flags.Declare(command);
        command.Options.Add(json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string[] given = parsed.GetRequiredValue(words);
        string question = given[^1];
        if (File.Exists(question))
        {
            throw new UsageException($"the question is missing: the last argument is the question, and {question} is a file. For example: sensorium ask {question} \"What is in this picture?\"");
        }

        if (string.IsNullOrWhiteSpace(question))
        {
            throw new UsageException("the question (the last argument) is empty");
        }

        flags.Sampling(parsed);
        int? maxTokens = flags.MaxTokens(parsed);
        string[] stops = flags.Stops(parsed);
        ContentPart[] parts = [.. given[..^1].Select(file => new ContentPart.Image(Files.Picture(file))), new ContentPart.Text(question)];
        string model = flags.Model(parsed);
        using SensoriumRuntime runtime = ModelLoading.Runtime(model, flags.Mmproj(parsed), flags.Numerics(parsed), terminal, cancellation);
        bool forPrograms = parsed.GetValue(json);
        IReadOnlyList<PromptSpan> prompt = runtime.System.Prompt([new Message("user", parts)]);
        Reply reply = await Reply.AskAsync(runtime, prompt, flags.Sampling(parsed, runtime.System), maxTokens, stops, piece => Say(terminal, piece, forPrograms), cancellation).ConfigureAwait(false);
        if (forPrograms)
        {
            JsonOutput.Write(terminal, writer => reply.Write(writer, runtime.System.Name));
        }
        else
        {
            await terminal.Out.WriteLineAsync().ConfigureAwait(false);
            await terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            if (reply.Remark is { } remark)
            {
                await terminal.Error.WriteLineAsync(remark).ConfigureAwait(false);
            }
        }

        return reply.Reason == "interrupted" ? ExitCode.Interrupted : reply.Text.Length > 0 ? ExitCode.Success : ExitCode.Failure;
    }

    static void Say(Terminal terminal, string piece, bool forPrograms)
    {
        if (!forPrograms)
        {
            terminal.Out.Write(piece);
            terminal.Out.Flush();
        }
    }
}
