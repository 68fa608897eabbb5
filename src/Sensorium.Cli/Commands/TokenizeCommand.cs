using System.CommandLine;
using System.Globalization;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Cli.Commands;

/// <summary><c>tokenize</c>: text to token ids and back.</summary>
sealed class TokenizeCommand : Verb
{
    readonly Argument<string?> text = new("text") { Description = "The text, or ids for --decode; without it, standard input is read", Arity = ArgumentArity.ZeroOrOne };
    readonly Option<string> model = new("--model", "-m") { Description = "A model's folder, .gguf file or name, or a tokenizer's file: tokenizer.json, tokenizer.model, .tiktoken, vocab.txt", DefaultValueFactory = _ => "smollm2-135m-instruct", HelpName = "model" };
    readonly Option<bool> special = new("--special") { Description = "Add the special tokens that the tokenizer adds" };
    readonly Option<bool> decode = new("--decode") { Description = "From ids (separated by spaces or commas) to text" };
    readonly Option<bool> ids = new("--ids") { Description = "Ids alone, on one line" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "tokenize";

    public override string Description => "Show the tokens of a text, or decode ids.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium tokenize \"Hello world\"", "./sensorium tokenize --decode \"19556 905\""];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(text);
        foreach (Option option in new Option[] { model, special, decode, ids, json })
        {
            command.Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        Tokenizer tokenizer = TokenizerFiles.Read(ModelLocator.Locate(parsed.GetValue(model)!));
        string input = parsed.GetValue(text)
            ?? await Task.Run(terminal.In.ReadToEnd, cancellation).WaitAsync(cancellation).ConfigureAwait(false); // Ctrl-C ends the wait, which no read does by itself.
        if (parsed.GetValue(decode))
        {
            await terminal.Out.WriteLineAsync(tokenizer.Decode(Ids(input, tokenizer))).ConfigureAwait(false);
            return ExitCode.Success;
        }

        int[] tokens = tokenizer.EncodeIds(input, addSpecialTokens: parsed.GetValue(special));
        if (parsed.GetValue(json))
        {
            JsonOutput.Write(terminal, writer =>
            {
                writer.WriteStartArray();
                foreach (int id in tokens)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("id", id);
                    writer.WriteString("token", tokenizer.TokenOf(id));
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        }
        else if (parsed.GetValue(ids))
        {
            terminal.Out.WriteLine(string.Join(' ', tokens.Select(id => id.ToString(CultureInfo.InvariantCulture))));
        }
        else
        {
            foreach (int id in tokens)
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,7}  {tokenizer.TokenOf(id)}"));
            }

            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tokens.Length} tokens"));
        }

        return ExitCode.Success;
    }

    static int[] Ids(string text, Tokenizer tokenizer) =>
    [
        .. text.Split([' ', ',', '\n', '\r', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < tokenizer.IdLimit
                ? id
                : throw new UsageException($"'{word}' is no token id of this tokenizer (0 to {tokenizer.IdLimit - 1})")),
    ];
}
