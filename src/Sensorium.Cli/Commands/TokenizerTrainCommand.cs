using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Training;

namespace Sensorium.Cli.Commands;

/// <summary><c>tokenizer train</c>: learns a vocabulary from text files and writes a tokenizer.json.</summary>
sealed class TokenizerTrainCommand : Verb
{
    const string Gpt2 = "gpt2";
    const string Llama3 = "llama3";
    const string Qwen2 = "qwen2";

    readonly Argument<string[]> files = new("file") { Description = "Text files, UTF-8, learnt from line by line", Arity = ArgumentArity.OneOrMore };
    readonly Option<string> kind = new("--kind") { Description = "bpe: byte-level BPE as GPT-2 has it; wordpiece: as BERT has it", DefaultValueFactory = _ => "bpe" };
    readonly Option<int> size = new("--vocab-size") { Description = "Tokens in all, special ones and the alphabet included", DefaultValueFactory = _ => 30_000, HelpName = "n" };
    readonly Option<int> frequency = new("--min-frequency") { Description = "Pairs that are rarer are not merged", DefaultValueFactory = _ => 2, HelpName = "n" };
    readonly Option<string[]> special = new("--special") { Description = "A special token after the kind's own (bpe: <|endoftext|>; wordpiece: [PAD] [UNK] [CLS] [SEP] [MASK]); may be given again", HelpName = "token" };
    readonly Option<string> split = new("--split") { Description = "bpe: whose rule cuts text into words", DefaultValueFactory = _ => Gpt2 };
    readonly Option<bool> prefixSpace = new("--add-prefix-space") { Description = "bpe: a text's first word is spelt like any other" };
    readonly Option<bool> nfc = new("--nfc") { Description = "bpe: compose characters first (Unicode NFC)" };
    readonly Option<bool> cased = new("--cased") { Description = "wordpiece: keep case and accents" };
    readonly Option<int?> alphabet = new("--limit-alphabet") { Description = "Keep the most frequent characters only", HelpName = "n" };
    readonly Option<int?> longest = new("--max-token-length") { Description = "bpe: characters of a token at most", HelpName = "n" };
    readonly Option<string> output = new("--output", "-o") { Description = "Where to write", DefaultValueFactory = _ => "tokenizer.json", HelpName = "file" };
    readonly Option<bool> force = new("--force") { Description = "Replace the file if it is there" };
    readonly Option<bool> json = new("--json") { Description = "For programs" };

    public override string Name => "train";

    public override string Description => "Learn a BPE or WordPiece vocabulary from text files; the tokenizer.json opens in Hugging Face tokenizers too.";

    public override IReadOnlyList<string> Examples { get; } = ["./sensorium tokenizer train tests/Sensorium.Conformance/bundles/tokenizer-training/corpus.txt --kind bpe --vocab-size 600 -o artifacts/tokenizer.json"];

    protected override void Declare(Command command)
    {
        command.Arguments.Add(files);
        kind.AcceptOnlyFromAmong("bpe", "wordpiece");
        split.AcceptOnlyFromAmong(Gpt2, Llama3, Qwen2);
        foreach (Option option in new Option[] { kind, size, frequency, special, split, prefixSpace, nfc, cased, alphabet, longest, output, force, json })
        {
            command.Options.Add(option);
        }
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string path = Target(parsed);
        string[] corpus = parsed.GetValue(files)!;
        Array.ForEach(corpus, Files.Demand);
        TrainingOptions options = OptionsOf(parsed);
        var lines = new Counted();
        TrainedTokenizer trained = Train(lines.Of(corpus), lines, options, terminal, cancellation);
        Write(path, trained.ToJson());
        Report(parsed.GetValue(json), terminal, path, trained, lines);
        if (trained.Tokens.Count < options.VocabularySize)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sensorium: the corpus gives no more than {trained.Tokens.Count} tokens with --min-frequency {options.MinFrequency}"));
        }

        return Task.FromResult(ExitCode.Success);
    }

    static TrainedTokenizer Train(IEnumerable<string> corpus, Counted lines, TrainingOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new Progress(terminal, "training");

        // Reading takes most of the time of a large corpus, merging that of a small one.
        lines.Done = share => progress.Report(share * 0.8);
        return TokenizerTrainer.Train(corpus, options, new Merging(n => progress.Report(0.8 + 0.2 * n / options.VocabularySize)), cancellation);
    }

    string Target(ParseResult parsed)
    {
        string path = parsed.GetValue(output)!;
        path = Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path;
        if (File.Exists(path) && !parsed.GetValue(force))
        {
            throw new UsageException($"{path} is there already; name another file with --output, or replace it with --force");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        return path;
    }

    TrainingOptions OptionsOf(ParseResult parsed)
    {
        bool wordPiece = parsed.GetValue(kind) is "wordpiece";
        foreach ((bool wrong, string name) in (ReadOnlySpan<(bool, string)>)
            [(wordPiece && parsed.GetValue(split) is not Gpt2, "--split"), (wordPiece && parsed.GetValue(prefixSpace), "--add-prefix-space"), (wordPiece && parsed.GetValue(nfc), "--nfc"), (wordPiece && parsed.GetValue(longest) is not null, "--max-token-length"), (!wordPiece && parsed.GetValue(cased), "--cased")])
        {
            if (wrong)
            {
                throw new UsageException($"{name} does not go with --kind {parsed.GetValue(kind)}");
            }
        }

        int tokens = parsed.GetValue(size);
        TrainingOptions options = wordPiece
            ? TrainingOptions.BertWordPiece(tokens, parsed.GetValue(frequency), !parsed.GetValue(cased))
            : Bpe(parsed, tokens);
        options = options with
        {
            SpecialTokens = [.. options.SpecialTokens, .. parsed.GetValue(special) ?? []],
            LimitAlphabet = parsed.GetValue(alphabet),
            MaxTokenLength = parsed.GetValue(longest),
        };
        if (parsed.GetValue(frequency) < 0)
        {
            throw new UsageException($"--min-frequency {parsed.GetValue(frequency)} is negative");
        }

        int least = options.SpecialTokens.Count + options.InitialAlphabet.Count;
        return tokens >= Math.Max(1, least)
            ? options
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--vocab-size {tokens} is less than the {least} tokens that are there before any is learnt (special tokens and the alphabet)"));
    }

    TrainingOptions Bpe(ParseResult parsed, int tokens)
    {
        TrainingOptions options = TrainingOptions.ByteLevelBpe(tokens, parsed.GetValue(frequency), parsed.GetValue(prefixSpace));
        if (parsed.GetValue(nfc))
        {
            options = options with { NormalizerJson = """{"type":"NFC"}""" };
        }

        return parsed.GetValue(split) is Gpt2 ? options : options.WithSplit(parsed.GetValue(split) is Llama3 ? SplitRule.Llama3 : SplitRule.Qwen2, parsed.GetValue(prefixSpace));
    }

    static void Write(string path, byte[] bytes)
    {
        string partial = path + ".partial";
        try
        {
            File.WriteAllBytes(partial, bytes);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    static void Report(bool json, Terminal terminal, string path, TrainedTokenizer trained, Counted lines)
    {
        if (json)
        {
            JsonOutput.Write(terminal, (Utf8JsonWriter writer) =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", path);
                writer.WriteNumber("tokens", trained.Tokens.Count);
                writer.WriteNumber("merges", trained.Merges.Count);
                writer.WriteNumber("lines", lines.Count);
                writer.WriteEndObject();
            });
        }
        else
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {trained.Tokens.Count} tokens, {trained.Merges.Count} merges from {lines.Count} lines"));
        }
    }

    /// <summary>Lines of files, and how much of them has been read.</summary>
    sealed class Counted
    {
        public long Count { get; private set; }

        public Action<double> Done { get; set; } = _ => { };

        public IEnumerable<string> Of(string[] files)
        {
            long total = Math.Max(1, files.Sum(f => new FileInfo(f).Length));
            long before = 0;
            foreach (string file in files)
            {
                using FileStream stream = File.OpenRead(file);
                foreach (string line in CorpusLines.Read(stream))
                {
                    Count++;
                    Done((double)(before + stream.Position) / total);
                    yield return line;
                }

                before += stream.Length;
            }
        }
    }

    sealed class Merging(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
