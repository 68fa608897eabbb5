using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Builds the tokenizer that a GGUF vocabulary stands for, by llama.cpp's rules.</summary>
internal static class GgufTokenizer
{
    const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;
    const string Prefix = "tokenizer.ggml.";

    public static TokenizerParts Build(GgufVocabulary source, string file)
    {
        ArgumentNullException.ThrowIfNull(source);
        int n = source.Tokens.Count;
        if (n == 0) throw new TokenizerException(file, Prefix + "tokens", "the vocabulary is empty");
        if (source.Scores is { } s && s.Count < n) throw new TokenizerException(file, Prefix + "scores", $"{s.Count} scores for {n} tokens");
        if (source.TokenTypes is { } t && t.Count < n) throw new TokenizerException(file, Prefix + "token_type", $"{t.Count} types for {n} tokens");
        var vocabulary = Vocabulary.FromList(source.Tokens, firstWins: true);
        var parts = source.Model switch
        {
            "gpt2" => Bpe(source, vocabulary, file),
            "llama" => SentencePieceBpe(source, vocabulary, file),
            "bert" => WordPiece(source, vocabulary, file),
            "t5" => Unigram(source, vocabulary, file),
            _ => throw new TokenizerException(file, Prefix + "model", $"the tokenizer '{source.Model}' is not supported; gpt2, llama, bert and t5 are"),
        };
        var added = Added(source);
        int IdOf(string token) => vocabulary.IdOf(token);
        var ends = SpecialTokensReader.Ends(Id(source.EosId, n), IdOf, added);
        if (Id(source.EotId, n) is { } eot) ends.Add(eot);
        if (Id(source.EomId, n) is { } eom) ends.Add(eom);
        return parts with
        {
            AddedTokens = added,
            LongestTokensFirst = true,
            Special = new()
            {
                Bos = Id(source.BosId, n),
                Eos = Id(source.EosId, n),
                Unknown = Id(source.UnknownId, n),
                Pad = Id(source.PadId, n),
                Separator = Id(source.SeparatorId, n),
                Classification = Id(source.ClassificationId, n),
                Mask = Id(source.MaskId, n),
                EndOfGeneration = ends,
            },
        };
    }

    // An id outside of the vocabulary counts as not there, as in llama.cpp.
    static int? Id(int? id, int count) => id >= 0 && id < count ? id : null;

    static int TypeOf(GgufVocabulary source, int id) => source.TokenTypes is { } types ? types[id] : Normal;

    static List<AddedToken> Added(GgufVocabulary source)
    {
        var added = new List<AddedToken>();
        for (int id = 0; id < source.Tokens.Count; id++)
        {
            int type = TypeOf(source, id);
            // Token texts beyond what any text marks are left to the model.
            if (type is Unknown or Control or UserDefined && source.Tokens[id] is { Length: > 0 and <= 256 } token) added.Add(new(id, token, type != UserDefined));
        }
        return added;
    }

    static TemplatePostProcessor? Frame(int? first, int? last)
    {
        if (first is null && last is null) return null;
        var single = new List<TemplatePiece>();
        var pair = new List<TemplatePiece>();
        foreach (int sequence in (int[])[0, 1])
        {
            var target = pair;
            if (first is { } f) target.Add(new(-1, 0, [f]));
            target.Add(new(sequence, 0, []));
            if (last is { } l) target.Add(new(-1, 0, [l]));
            if (sequence == 0) single.AddRange(target);
        }
        return new([.. single], [.. pair]);
    }

    static TokenizerParts Bpe(GgufVocabulary source, Vocabulary vocabulary, string file)
    {
        if (source.Merges is null) throw new TokenizerException(file, Prefix + "merges", "is missing");
        var known = GgufPatterns.For(source.Pre) ?? throw new TokenizerException(file, Prefix + "pre", $"the pre-tokenizer '{source.Pre}' is not known");
        var merges = Merges(source.Merges, file);
        var steps = new List<PreTokenizer>();
        foreach (string regex in known.Regexes) steps.Add(new SplitPreTokenizer(RegexPattern.Compile(regex, file, Prefix + "pre"), SplitBehavior.Isolated));
        steps.Add(new ByteLevelPreTokenizer(false, false));
        bool addBos = source.AddBos ?? known.AddBos, addEos = source.AddEos ?? false;
        int n = vocabulary.Size;
        return new()
        {
            File = file,
            Model = new BpeModel(vocabulary, merges, new() { IgnoreMerges = known.IgnoreMerges }, true, file, Prefix + "merges"),
            PreTokenizer = new SequencePreTokenizer([.. steps]),
            PostProcessor = Frame(addBos ? Id(source.BosId, n) : null, addEos ? Id(source.EosId, n) : null),
            Decoder = new ByteLevelDecoder(),
        };
    }

    static MergeList Merges(IReadOnlyList<string> source, string file)
    {
        var merges = new MergeList(source.Count);
        for (int i = 0; i < source.Count; i++)
        {
            var merge = source is TextList texts ? texts.Utf8(i) : System.Text.Encoding.UTF8.GetBytes(source[i]);
            int space = merge.Length < 3 ? -1 : merge[1..].IndexOf((byte)' ') + 1;
            if (space <= 0 || space == merge.Length - 1) throw new TokenizerException(file, $"{Prefix}merges[{i}]", $"'{Vocabulary.Shorten(merge)}' is not two tokens with a space between them");
            merges.Add(merge[..space], merge[(space + 1)..]);
        }
        return merges;
    }

    static double[] Scores(GgufVocabulary source, string file)
    {
        if (source.Scores is null) throw new TokenizerException(file, Prefix + "scores", "is missing");
        var scores = new double[source.Tokens.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = source.Scores[i];
            if (double.IsNaN(scores[i])) throw new TokenizerException(file, $"{Prefix}scores[{i}]", "is not a number");
        }
        return scores;
    }

    static TokenizerParts SentencePieceBpe(GgufVocabulary source, Vocabulary vocabulary, string file)
    {
        bool prefix = source.AddSpacePrefix ?? true;
        int n = vocabulary.Size;
        int unknown = Id(source.UnknownId, n) ?? Math.Max(-1, vocabulary.IdOf("<unk>"));
        Normalizer escape = new ReplaceNormalizer(new LiteralPattern([' ']), [SentencePieceNormalizer.Mark]);
        var decoders = new List<Decoder> { TextDecoders.Replace(new LiteralPattern([SentencePieceNormalizer.Mark]), " "), new ByteFallbackDecoder(), new FuseDecoder() };
        if (prefix) decoders.Add(new StripDecoder(' ', 1, 0));
        return new()
        {
            File = file,
            Model = new ScoredBpeModel(vocabulary, Scores(source, file), id => TypeOf(source, id) is Normal or UserDefined or Unused, unknown, true, false, file),
            Normalizer = prefix ? new SequenceNormalizer([new PrependNormalizer([SentencePieceNormalizer.Mark]), escape]) : escape,
            PostProcessor = Frame(source.AddBos ?? true ? Id(source.BosId ?? 1, n) : null, source.AddEos ?? false ? Id(source.EosId ?? 2, n) : null),
            Decoder = new SequenceDecoder([.. decoders]),
            CacheWords = false,
        };
    }

    static TokenizerParts WordPiece(GgufVocabulary source, Vocabulary vocabulary, string file)
    {
        int n = vocabulary.Size;
        // The two ends are added whatever add_bos_token says; without ids of their own they are BERT's.
        int? cls = Id(source.BosId, n) ?? Id(source.ClassificationId, n) ?? Found("[CLS]"), sep = Id(source.SeparatorId, n) ?? Found("[SEP]") ?? Id(source.EosId, n);
        string unknown = vocabulary.TokenOf(Id(source.UnknownId, n) ?? -1) ?? "[UNK]";
        return new()
        {
            File = file,
            Model = new WordPieceModel(vocabulary, unknown, "", int.MaxValue, file, "▁"),
            Normalizer = new BertNormalizer(true, true, null, true),
            PreTokenizer = PreTokenizerReader.Bert(),
            PostProcessor = cls is { } c && sep is { } e ? PostProcessorReader.Bert(e, c) : null,
            Decoder = TextDecoders.Metaspace('▁', PrependScheme.Always),
            CleanUp = true,
        };

        int? Found(string token) => vocabulary.IdOf(token) is >= 0 and var id ? id : null;
    }

    static TokenizerParts Unigram(GgufVocabulary source, Vocabulary vocabulary, string file)
    {
        int n = vocabulary.Size;
        var scores = Scores(source, file);
        var userDefined = new Trie(16);
        double min = double.PositiveInfinity;
        for (int id = 0; id < n; id++)
        {
            int type = TypeOf(source, id);
            if (type == Normal) min = Math.Min(min, scores[id]);
            if (type != UserDefined) continue;
            scores[id] = 0;
            userDefined.Add(CodePoints.FromString(source.Tokens[id]), id);
        }
        bool prefix = source.AddSpacePrefix ?? false;
        var map = source.PrecompiledCharsMap.IsEmpty ? null : new CharsMap(source.PrecompiledCharsMap.Span, file, Prefix + "precompiled_charsmap");
        return new()
        {
            File = file,
            Model = new UnigramModel(vocabulary, scores, id => TypeOf(source, id) is Normal or UserDefined or Unused, Id(source.UnknownId, n) ?? Math.Max(-1, vocabulary.IdOf("<unk>")), false, file, double.IsInfinity(min) ? 0 : min, false),
            Normalizer = new SentencePieceNormalizer(map, userDefined.IsEmpty ? null : userDefined, source.RemoveExtraWhitespaces ?? false, prefix, true),
            PostProcessor = Frame(source.AddBos ?? false ? Id(source.BosId, n) : null, source.AddEos ?? true ? Id(source.EosId ?? 1, n) : null),
            Decoder = TextDecoders.Metaspace('▁', prefix ? PrependScheme.Always : PrependScheme.Never),
            CacheWords = false,
        };
    }
}
