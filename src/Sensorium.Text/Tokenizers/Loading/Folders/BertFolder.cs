using System.Text;
using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.PostProcessors;

namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>vocab.txt of BERT and its kin, a token a line: WordPiece (transformers' BertConverter and MPNetConverter).</summary>
internal static class BertFolder
{
    static readonly string[] Classes = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "LayoutLMTokenizer", "RetriBertTokenizer", "MPNetTokenizer"];

    public static TokenizerParts Build(ReadOnlySpan<byte> vocab, string file, string? name, TokenizerSettings settings)
    {
        if (name is not null && !Classes.Contains(name, StringComparer.Ordinal)) throw TokenizerFolder.Unknown(file, name, Classes);
        bool mpnet = name == "MPNetTokenizer";
        Default(settings, mpnet);
        var vocabulary = Vocabulary.FromList(Lines(vocab));
        if (vocabulary.Size == 0) throw new TokenizerException(file, "", "there are no tokens in it");
        var tokens = new FolderTokens(vocabulary, settings);
        string unknown = settings.Token("unk_token") ?? "[UNK]";
        var parts = new TokenizerParts
        {
            File = file,
            Model = new WordPieceModel(vocabulary, unknown, "##", 100, file),
            Normalizer = new BertNormalizer(true, settings.Flag("tokenize_chinese_chars", true), settings.Flag("strip_accents"), settings.Flag("do_lower_case", true)),
            PreTokenizer = PreTokenizerReader.Bert(),
            PostProcessor = Frame(tokens.Role("cls_token"), tokens.Role("sep_token"), mpnet),
            Decoder = TextDecoders.WordPiece("##", true),
        };
        return tokens.Complete(parts);
    }

    static void Default(TokenizerSettings settings, bool mpnet)
    {
        settings.Default("unk_token", "[UNK]");
        settings.Default("sep_token", mpnet ? "</s>" : "[SEP]");
        settings.Default("cls_token", mpnet ? "<s>" : "[CLS]");
        settings.Default("pad_token", mpnet ? "<pad>" : "[PAD]");
        settings.Default("mask_token", mpnet ? "<mask>" : "[MASK]");
        if (!mpnet) return;
        settings.Default("bos_token", "<s>");
        settings.Default("eos_token", "</s>");
        settings.MaskTakesSpace = true;
    }

    static TemplatePostProcessor? Frame(int? first, int? last, bool doubled)
    {
        if (first is not { } cls || last is not { } sep) return null;
        if (!doubled) return PostProcessorReader.Bert(sep, cls);
        return new(
            [new(-1, 0, [cls]), new(0, 0, []), new(-1, 0, [sep])],
            [new(-1, 0, [cls]), new(0, 0, []), new(-1, 0, [sep, sep]), new(1, 1, []), new(-1, 1, [sep])]);
    }

    static List<string> Lines(ReadOnlySpan<byte> data)
    {
        var lines = new List<string>();
        if (data.StartsWith("\uFEFF"u8)) data = data[3..];
        while (data.Length > 0)
        {
            int end = data.IndexOf((byte)'\n');
            var line = end < 0 ? data : data[..end];
            data = end < 0 ? [] : data[(end + 1)..];
            lines.Add(Encoding.UTF8.GetString(line.EndsWith("\r"u8) ? line[..^1] : line));
        }
        return lines;
    }
}
