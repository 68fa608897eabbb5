using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>A SentencePiece model in a model's folder, as the tokenizer class makes it (transformers' LlamaConverter, GemmaConverter, T5Converter, XLMRobertaConverter, and SiglipTokenizer).</summary>
internal static class SentencePieceFolder
{
    const int Mark = SentencePieceNormalizer.Mark;
    const int MaxExtraIds = 10_000;

    static readonly string[] Classes = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "T5Tokenizer", "XLMRobertaTokenizer", "SiglipTokenizer"];

    public static TokenizerParts Build(ReadOnlySpan<byte> model, string file, string? name, TokenizerSettings settings)
    {
        var proto = SentencePieceProto.Read(model, file);
        return name switch
        {
            // No class: as SentencePiece itself runs it, with its control pieces found in texts.
            null => SentencePieceModelFile.Build(proto, file, addBos: false, addEos: false, parseControl: true),
            "LlamaTokenizer" or "CodeLlamaTokenizer" => Llama(proto, file, settings),
            "GemmaTokenizer" => Gemma(proto, file, settings),
            "T5Tokenizer" => T5(proto, file, settings),
            "XLMRobertaTokenizer" => XlmRoberta(proto, file, settings),
            "SiglipTokenizer" => Siglip(proto, file, settings),
            _ => throw TokenizerFolder.Unknown(file, name, Classes),
        };
    }

    static TokenizerParts Llama(SentencePieceProto proto, string file, TokenizerSettings settings)
    {
        Default(settings, ("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>"));
        bool prefix = settings.Flag("add_prefix_space", true), legacy = settings.Flag("legacy", true);
        var scores = proto.Scores.ToArray();
        scores.AsSpan(0, Math.Min(3, scores.Length)).Clear();
        Normalizer spaces = Replace(" ", Mark);
        List<Decoder> decoders = [Spaces(), new ByteFallbackDecoder(), new FuseDecoder()];
        if (prefix) decoders.Add(new StripDecoder(' ', 1, 0));
        return Complete(proto, proto.Pieces, settings, [], vocabulary => new TokenizerParts
        {
            File = file,
            Model = Model(proto, vocabulary, scores, 0, byteFallback: true, file),
            Normalizer = !legacy ? null : prefix ? new SequenceNormalizer([new PrependNormalizer([Mark]), spaces]) : spaces,
            PreTokenizer = legacy ? null : new MetaspacePreTokenizer(Mark, prefix ? PrependScheme.First : PrependScheme.Never, false),
            Decoder = new SequenceDecoder([.. decoders]),
            CacheWords = false,
        }, tokens => Around(settings, tokens));
    }

    static TokenizerParts Gemma(SentencePieceProto proto, string file, TokenizerSettings settings)
    {
        Default(settings, ("unk_token", "<unk>"), ("bos_token", "<bos>"), ("eos_token", "<eos>"), ("pad_token", "<pad>"));
        var pieces = proto.Pieces.ToList();
        var scores = proto.Scores.ToArray();
        scores.AsSpan(0, Math.Min(3, scores.Length)).Clear();
        // Older files lack the tab, whose byte stands in for it.
        if (!pieces.Contains("\t") && pieces.IndexOf("<0x09>") is >= 0 and var tab) (pieces[tab], scores[tab]) = ("\t", 0);
        return Complete(proto, pieces, settings, ["<start_of_turn>", "<end_of_turn>"], vocabulary => new TokenizerParts
        {
            File = file,
            Model = Model(proto, vocabulary, scores, 3, byteFallback: true, file),
            Normalizer = Replace(" ", Mark),
            PreTokenizer = new SplitPreTokenizer(new LiteralPattern([' ']), SplitBehavior.MergedWithPrevious),
            Decoder = new SequenceDecoder([Spaces(), new ByteFallbackDecoder(), new FuseDecoder()]),
            CacheWords = false,
        }, tokens => Around(settings, tokens));
    }

    static TokenizerParts T5(SentencePieceProto proto, string file, TokenizerSettings settings)
    {
        Default(settings, ("unk_token", "<unk>"), ("eos_token", "</s>"), ("pad_token", "<pad>"));
        int extra = settings.Whole("extra_ids", 100);
        if (extra is < 0 or > MaxExtraIds) throw settings.Error("extra_ids", $"{extra} is no number of extra tokens");
        string[] sentinels = [.. Enumerable.Range(0, extra).Select(i => $"<extra_id_{extra - 1 - i}>")];
        double[] scores = [.. proto.Scores, .. new double[extra]];
        return Complete(proto, [.. proto.Pieces, .. sentinels], settings, [], vocabulary => General(proto, vocabulary, scores, proto.UnknownId, file, settings), tokens =>
        {
            int[] eos = tokens.Around("eos_token");
            return new([new(0, 0, []), new(-1, 0, eos)], [new(0, 0, []), new(-1, 0, eos), new(1, 0, []), new(-1, 0, eos)]);
        }, sentinels);
    }

    static TokenizerParts XlmRoberta(SentencePieceProto proto, string file, TokenizerSettings settings)
    {
        Default(settings, ("bos_token", "<s>"), ("eos_token", "</s>"), ("sep_token", "</s>"), ("cls_token", "<s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>"), ("mask_token", "<mask>"));
        settings.MaskTakesSpace = true;
        List<string> pieces = ["<s>", "<pad>", "</s>", "<unk>", .. proto.Pieces.Skip(3), "<mask>"];
        double[] scores = [0, 0, 0, 0, .. proto.Scores.Skip(3), 0];
        return Complete(null, pieces, settings, [], vocabulary => General(proto, vocabulary, scores, 3, file, settings), tokens =>
        {
            int[] begin = tokens.Around("cls_token"), end = tokens.Around("sep_token");
            return new([new(-1, 0, begin), new(0, 0, []), new(-1, 0, end)], [new(-1, 0, begin), new(0, 0, []), new(-1, 0, [.. end, .. end]), new(1, 0, []), new(-1, 0, end)]);
        });
    }

    /// <summary>SigLIP's, which no fast tokenizer stands for: lower case, no ASCII punctuation, single spaces, then SentencePiece as it is, and the end of text.</summary>
    static TokenizerParts Siglip(SentencePieceProto proto, string file, TokenizerSettings settings)
    {
        Default(settings, ("unk_token", "<unk>"), ("eos_token", "</s>"), ("pad_token", "</s>"));
        var parts = SentencePieceModelFile.Build(proto, file, addBos: false, addEos: false, parseControl: true);
        var steps = new List<Normalizer>();
        if (settings.Flag("do_lower_case", true)) steps.Add(new LowercaseNormalizer());
        steps.Add(new ReplaceNormalizer(RegexPattern.Compile("""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]""", file, ""), []));
        steps.Add(new ReplaceNormalizer(RegexPattern.Compile(@"\s+", file, ""), [' ']));
        steps.Add(new StripNormalizer(true, true));
        var tokens = new FolderTokens(parts.Model.Vocabulary, settings, parts.AddedTokens);
        int[] end = tokens.Around("eos_token");
        return tokens.Complete(parts with
        {
            Normalizer = new SequenceNormalizer([.. steps, parts.Normalizer!]),
            PostProcessor = new TemplatePostProcessor([new(0, 0, []), new(-1, 0, end)], [new(0, 0, []), new(-1, 0, end), new(1, 0, []), new(-1, 0, end)]),
        });
    }

    /// <summary>The general converter's steps: the character map, runs of spaces as one mark, words at marks.</summary>
    static TokenizerParts General(SentencePieceProto proto, Vocabulary vocabulary, double[] scores, int unknown, string file, TokenizerSettings settings)
    {
        var normalizers = new List<Normalizer>();
        if (proto.CharsMap.Length > 0) normalizers.Add(new PrecompiledNormalizer(new CharsMap(proto.CharsMap, file, "normalizer_spec.precompiled_charsmap")));
        normalizers.Add(new StripNormalizer(false, true));
        normalizers.Add(new ReplaceNormalizer(RegexPattern.Compile(" {2,}", file, ""), [Mark]));
        var scheme = !settings.Flag("add_prefix_space", true) ? PrependScheme.Never : settings.Flag("legacy", true) ? PrependScheme.Always : PrependScheme.First;
        return new()
        {
            File = file,
            Model = Model(proto, vocabulary, scores, unknown, byteFallback: false, file),
            Normalizer = new SequenceNormalizer([.. normalizers]),
            PreTokenizer = new MetaspacePreTokenizer(Mark, scheme, true),
            Decoder = TextDecoders.Metaspace((char)Mark, scheme),
        };
    }

    static TokenizerParts Complete(SentencePieceProto? proto, IReadOnlyList<string> pieces, TokenizerSettings settings, string[] special, Func<Vocabulary, TokenizerParts> build, Func<FolderTokens, TemplatePostProcessor?> frame, IReadOnlyList<string>? additional = null)
    {
        var vocabulary = Vocabulary.FromList(pieces);
        var own = new List<AddedToken>();
        for (int id = 0; proto is not null && id < proto.Pieces.Count; id++)
        {
            int type = proto.Types[id];
            string piece = proto.Pieces[id];
            if (type is SentencePieceProto.Control or SentencePieceProto.UserDefined && piece.Length is > 0 and <= 256) own.Add(new(id, piece, type == SentencePieceProto.Control || special.Contains(piece, StringComparer.Ordinal)));
        }
        var tokens = new FolderTokens(vocabulary, settings, own, additional);
        return tokens.Complete(build(vocabulary) with { PostProcessor = frame(tokens) });
    }

    static TokenizerModel Model(SentencePieceProto proto, Vocabulary vocabulary, double[] scores, int unknown, bool byteFallback, string file) => proto.ModelType switch
    {
        SentencePieceProto.Unigram => new UnigramModel(vocabulary, scores, null, unknown >= 0 && unknown < vocabulary.Size ? unknown : -1, byteFallback, file),
        SentencePieceProto.Bpe => new BpeModel(vocabulary, GeneratedMerges.Of(vocabulary, scores, file), new() { UnknownToken = vocabulary.IdOf(proto.UnknownPiece) < 0 ? null : proto.UnknownPiece, FuseUnknown = true, ByteFallback = byteFallback }, true, file, "pieces"),
        _ => throw new TokenizerException(file, "trainer_spec.model_type", $"{proto.ModelType} is neither 1 (unigram) nor 2 (bpe), which this tokenizer class can be"),
    };

    static void Default(TokenizerSettings settings, params ReadOnlySpan<(string Key, string Token)> tokens)
    {
        foreach (var (key, token) in tokens) settings.Default(key, token);
    }

    /// <summary>Begin and end of text as the settings ask for: by default the beginning alone.</summary>
    static TemplatePostProcessor Around(TokenizerSettings settings, FolderTokens tokens)
    {
        int[] begin = settings.Flag("add_bos_token", true) ? tokens.Around("bos_token") : [], end = settings.Flag("add_eos_token", false) ? tokens.Around("eos_token") : [];
        TemplatePiece[] One(int sequence) => [new(-1, sequence, begin), new(sequence, sequence, []), new(-1, sequence, end)];
        return new(One(0), [.. One(0), .. One(1)]);
    }

    static ReplaceNormalizer Replace(string what, int by) => new(new LiteralPattern(CodePoints.FromString(what)), [by]);

    static Decoder Spaces() => TextDecoders.Replace(new LiteralPattern([Mark]), " ");
}
