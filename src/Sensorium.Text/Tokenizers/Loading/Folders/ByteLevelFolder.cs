using System.Text.Json;
using System.Text.Unicode;
using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>vocab.json and merges.txt: the byte-level BPE of GPT-2, RoBERTa, CLIP and Qwen2 (transformers' GPT2Converter, RobertaConverter, CLIPConverter, Qwen2Converter).</summary>
internal static class ByteLevelFolder
{
    // CLIPTokenizer takes no more of the merges than its published vocabulary has.
    const int ClipMerges = 49152 - 256 - 2;
    const string ClipWords = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    static readonly string[] Roberta = ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer"];
    static readonly string[] Others = ["GPT2Tokenizer", "CLIPTokenizer", "Qwen2Tokenizer"];

    /// <summary>Whether a class that is named is one of these; vocab.json alone does not say.</summary>
    public static void Demand(string folder, string? name)
    {
        if (name is not null && !Others.Contains(name, StringComparer.Ordinal) && !Roberta.Contains(name, StringComparer.Ordinal))
        {
            throw TokenizerFolder.Unknown(folder, name, [.. Others, .. Roberta]);
        }
    }

    public static TokenizerParts Build(ReadOnlyMemory<byte> vocab, ReadOnlySpan<byte> mergesText, string folder, string? name, TokenizerSettings settings)
    {
        string file = Path.Combine(folder, "vocab.json");
        var vocabulary = ReadVocabulary(vocab.Span, file);
        name ??= vocabulary.IdOf("a</w>") >= 0 ? "CLIPTokenizer" : "GPT2Tokenizer";
        bool roberta = Roberta.Contains(name, StringComparer.Ordinal), clip = name == "CLIPTokenizer", qwen = name == "Qwen2Tokenizer";
        Default(settings, roberta, clip, qwen);
        string mergesFile = Path.Combine(folder, "merges.txt");
        var merges = Merges(mergesText, clip ? ClipMerges : int.MaxValue, mergesFile);
        var tokens = new FolderTokens(vocabulary, settings);
        bool prefixSpace = settings.Flag("add_prefix_space", false);
        var options = new BpeOptions { UnknownToken = clip ? settings.Token("unk_token") : null, EndOfWordSuffix = clip ? "</w>" : "" };
        var parts = new TokenizerParts
        {
            File = file,
            Model = new BpeModel(vocabulary, merges, options, false, mergesFile, ""),
            Normalizer = clip ? ClipNormalizer(file) : qwen ? new UnicodeNormalizer(true, false) : null,
            PreTokenizer = clip ? ClipPreTokenizer(file) : qwen ? new SequencePreTokenizer([new SplitPreTokenizer(WordPattern.Qwen2, SplitBehavior.Isolated), new ByteLevelPreTokenizer(prefixSpace, false)]) : new ByteLevelPreTokenizer(prefixSpace, true),
            PostProcessor = roberta ? new RobertaPostProcessor(tokens.Demand("sep_token"), tokens.Demand("cls_token"), settings.Flag("trim_offsets", true), prefixSpace)
                : clip ? new RobertaPostProcessor(tokens.Demand("eos_token"), tokens.Demand("bos_token"), false, false)
                : !qwen && settings.Flag("add_bos_token", false) ? Begin(tokens.Demand("bos_token"))
                : null,
            Decoder = new ByteLevelDecoder(),
        };
        return tokens.Complete(parts);
    }

    static Vocabulary ReadVocabulary(ReadOnlySpan<byte> json, string file)
    {
        try
        {
            var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw new TokenizerException(file, "", "must be an object from tokens to ids");
            var vocabulary = ModelJson.ReadVocabulary(ref reader, file, "");
            reader.Read();
            return vocabulary;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new TokenizerException(file, "", $"not valid JSON: {e.Message}", e);
        }
    }

    static void Default(TokenizerSettings settings, bool roberta, bool clip, bool qwen)
    {
        if (roberta)
        {
            foreach (var (key, token) in (ReadOnlySpan<(string, string)>)[("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "</s>"), ("pad_token", "<pad>"), ("cls_token", "<s>"), ("mask_token", "<mask>")]) settings.Default(key, token);
            settings.MaskTakesSpace = true;
            return;
        }
        const string End = "<|endoftext|>";
        settings.Default("unk_token", End);
        settings.Default("eos_token", End);
        if (clip || qwen) settings.Default("pad_token", End);
        if (!qwen) settings.Default("bos_token", clip ? "<|startoftext|>" : End);
    }

    static TemplatePostProcessor Begin(int bos) => new([new(-1, 0, [bos]), new(0, 0, [])], [new(-1, 0, [bos]), new(0, 0, []), new(1, 1, [])]);

    static SequenceNormalizer ClipNormalizer(string file) => new(
    [
        new UnicodeNormalizer(true, false), new ReplaceNormalizer(RegexPattern.Compile(@"\s+", file, ""), CodePoints.FromString(" ")), new LowercaseNormalizer(),
    ]);

    static SequencePreTokenizer ClipPreTokenizer(string file) => new(
        [new SplitPreTokenizer(RegexPattern.Compile(ClipWords, file, ""), SplitBehavior.Removed, invert: true), new ByteLevelPreTokenizer(false, true)]);

    static MergeList Merges(ReadOnlySpan<byte> data, int most, string file)
    {
        var merges = new MergeList(1 << 16);
        for (int line = 1; data.Length > 0 && merges.Count < most; line++)
        {
            int end = data.IndexOf((byte)'\n');
            var text = (end < 0 ? data : data[..end]).TrimEnd("\r \t"u8);
            data = end < 0 ? [] : data[(end + 1)..];
            if (text.Length == 0 || line == 1 && text.StartsWith("#version"u8)) continue;
            int space = text.IndexOf((byte)' ');
            if (space <= 0 || text[(space + 1)..].Contains((byte)' ') || !Utf8.IsValid(text)) throw new TokenizerException(file, $"line {line}", $"'{Vocabulary.Shorten(text)}' is not two tokens with a space between them");
            merges.Add(text[..space], text[(space + 1)..]);
        }
        return merges;
    }
}
