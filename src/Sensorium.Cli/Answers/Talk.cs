using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Inference;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Answers;

/// <summary>A conversation at the terminal: what was said so far, the pictures that wait for the next message, and the slash commands.</summary>
sealed class Talk(
    SensoriumRuntime runtime, Terminal terminal, SamplingOptions sampling, int? maxTokens, string[] stops, bool json, string? system)
{
    readonly List<Message> said = system is null ? [] : [new Message("system", system)];
    readonly List<Picture> waiting = [];

    /// <summary>Adds pictures to the next message.</summary>
    public void Show(IEnumerable<Picture> pictures) => waiting.AddRange(pictures);

    /// <summary>The exit code that an only answer gives.</summary>
    public int CodeOf(Reply reply) => reply.Reason == "interrupted" ? ExitCode.Interrupted : reply.Text.Length > 0 ? ExitCode.Success : ExitCode.Failure;

    /// <summary>Reads lines until the end of the input or /exit.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ConverseAsync(CancellationToken cancellation)
    {
        if (terminal.IsInputInteractive)
        {
            string note = runtime.System.AnswersOneMessage ? " It answers each message by itself: what was said before, it does not know." : "";
            await terminal.Error.WriteLineAsync($"{runtime.System.Name}.{note} /image FILE, /reset, /exit; Ctrl-C stops an answer.").ConfigureAwait(false);
        }

        while (await ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            try
            {
                if (line.StartsWith('/'))
                {
                    if (!Obey(line))
                    {
                        return ExitCode.Success;
                    }
                }
                else if (line.Trim().Length > 0)
                {
                    await SayAsync(line, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (terminal.IsInputInteractive && ErrorReport.IsInput(e))
            {
                // A slip in a conversation does not end it.
                ErrorReport.Report(e, terminal);
            }
        }

        return ExitCode.Success;
    }

    /// <summary>One message and its answer.</summary>
    public async Task<Reply> SayAsync(string text, CancellationToken cancellation)
    {
        ContentPart[] parts = [.. waiting.Select(p => new ContentPart.Image(p)), new ContentPart.Text(text)];
        var message = new Message("user", parts);
        IReadOnlyList<PromptSpan> prompt = runtime.System.Prompt([.. said, message]);
        Reply reply = await AnswerAsync(prompt, cancellation).ConfigureAwait(false);
        if (!runtime.System.AnswersOneMessage)
        {
            said.Add(message);
            said.Add(new Message("assistant", reply.Text));
        }

        waiting.Clear();
        return reply;
    }

    /// <summary>Continues a text as it stands.</summary>
    public Task<Reply> ContinueAsync(string text, CancellationToken cancellation) =>
        AnswerAsync([PromptSpan.Of(runtime.System.Tokenizer.EncodeIds(text))], cancellation);

    async Task<Reply> AnswerAsync(IReadOnlyList<PromptSpan> prompt, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Interrupt.Handle(() => Stop(stop));
        try
        {
            Reply reply = await Reply.AskAsync(runtime, prompt, sampling, maxTokens, stops, Say, stop.Token).ConfigureAwait(false);
            if (json)
            {
                JsonOutput.WriteLine(terminal, writer => reply.Write(writer, runtime.System.Name));
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

            return reply;
        }
        finally
        {
            Interrupt.Handle(null);
        }
    }

    /// <summary>The first Ctrl-C of an answer ends it; the next is not taken and so ends the command.</summary>
    static bool Stop(CancellationTokenSource answer)
    {
        if (answer.IsCancellationRequested)
        {
            return false;
        }

        answer.Cancel();
        return true;
    }

    void Say(string piece)
    {
        if (!json)
        {
            terminal.Out.Write(piece);
            terminal.Out.Flush();
        }
    }

    /// <summary>Does a slash command.</summary>
    /// <returns>False for /exit.</returns>
    bool Obey(string line)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        switch (words[0])
        {
            case "/exit" or "/quit":
                return false;
            case "/reset":
                said.RemoveAll(m => m.Role is not "system");
                waiting.Clear();
                return true;
            case "/image" when words.Length == 2 && words[1].Length > 0:
                waiting.Add(Files.Picture(words[1]));
                return true;
            default:
                throw new UsageException($"{line}: there are /image FILE, /reset and /exit");
        }
    }

    /// <summary>A line of the input; null at its end. Waiting for it can be ended by Ctrl-C.</summary>
    async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        if (terminal.IsInputInteractive)
        {
            await terminal.Error.WriteAsync("> ").ConfigureAwait(false);
        }

        return await Task.Run(terminal.In.ReadLine, cancellation).WaitAsync(cancellation).ConfigureAwait(false);
    }
}
