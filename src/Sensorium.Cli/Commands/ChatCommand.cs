using System.CommandLine;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Inference;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Commands;

/// <summary><c>chat</c>: a conversation, or with a prompt on the command line one answer.</summary>
sealed class ChatCommand : Verb
{
    readonly Argument<string?> prompt = new("prompt") { Description = "One question; without it, a conversation begins", Arity = ArgumentArity.ZeroOrOne };
    readonly GenerationFlags flags = new();
    readonly Option<string?> system = new("--system") { Description = "What the model is told before the conversation", HelpName = "text" };
    readonly Option<string[]> images = new("--image") { Description = "A picture for the first message; may be given again", HelpName = "file" };
    readonly Option<bool> raw = new("--raw") { Description = "Continue the prompt as it stands, without a chat template" };
    readonly Option<bool> json = new("--json") { Description = "For programs: a line of JSON an answer" };

    public override string Name => "chat";

    public override string Description => "Talk with a model. Inside: /image FILE, /reset, /exit; Ctrl-C stops an answer, a second one leaves.";

    public override IReadOnlyList<string> Examples { get; } =
        ["./sensorium chat --model smollm2-135m-instruct \"List three fruits and their colours.\"", "./sensorium chat --image tests/Sensorium.Conformance/bundles/nano/photo-1.jpg"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(prompt);
        flags.Declare(command);
        command.Options.Add(system);
        command.Options.Add(images);
        command.Options.Add(raw);
        command.Options.Add(json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        flags.Sampling(parsed);
        int? maxTokens = flags.MaxTokens(parsed);
        string[] stops = flags.Stops(parsed);
        string? once = parsed.GetValue(prompt);
        if (parsed.GetValue(raw) && once is null)
        {
            throw new UsageException("--raw continues a prompt; give it as the last argument");
        }

        if (once is not null && string.IsNullOrWhiteSpace(once) && !parsed.GetValue(raw))
        {
            throw new UsageException("the prompt is empty; without one a conversation begins");
        }

        Picture[] pictures = [.. (parsed.GetValue(images) ?? []).Select(Files.Picture)];
        using SensoriumRuntime runtime = ModelLoading.Runtime(flags.Model(parsed), flags.Mmproj(parsed), flags.Numerics(parsed), terminal, cancellation);
        var talk = new Talk(runtime, terminal, flags.Sampling(parsed, runtime.System), maxTokens, stops, parsed.GetValue(json), parsed.GetValue(system));
        talk.Show(pictures);
        if (parsed.GetValue(raw))
        {
            return talk.CodeOf(await talk.ContinueAsync(once!, cancellation).ConfigureAwait(false));
        }

        return once is not null
            ? talk.CodeOf(await talk.SayAsync(once, cancellation).ConfigureAwait(false))
            : await talk.ConverseAsync(cancellation).ConfigureAwait(false);
    }
}
