using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads SentencePiece's <c>.model</c> (sentencepiece_model.proto) and builds what it describes.</summary>
internal static class SentencePieceModelFile
{
    public static TokenizerParts Read(ReadOnlySpan<byte> data, string file, bool addBos, bool addEos, bool parseControl) =>
        Build(SentencePieceProto.Read(data, file), file, addBos, addEos, parseControl);

    /// <summary>The tokenizer as SentencePiece itself runs it.</summary>
    public static TokenizerParts Build(SentencePieceProto spec, string file, bool addBos, bool addEos, bool parseControl)
    {
        int n = spec.Pieces.Count;
        var vocabulary = Vocabulary.FromList(spec.Pieces, firstWins: true);
        var userDefined = new Trie(16);
        var added = new List<AddedToken>();
        for (int id = 0; id < n; id++)
        {
            if (spec.Types[id] == SentencePieceProto.UserDefined) userDefined.Add(CodePoints.FromString(spec.Pieces[id]), id);
            if (spec.Types[id] == SentencePieceProto.Control && spec.Pieces[id].Length is > 0 and <= 256) added.Add(new(id, spec.Pieces[id], true));
        }
        int unknown = spec.Types.IndexOf(SentencePieceProto.Unknown);
        int? Id(int id) => id >= 0 && id < n ? id : null;
        return new()
        {
            File = file,
            Model = Model(spec, vocabulary, userDefined.IsEmpty ? null : userDefined, unknown, file),
            Normalizer = new SentencePieceNormalizer(
                spec.CharsMap.Length == 0 ? null : new CharsMap(spec.CharsMap, file, "normalizer_spec.precompiled_charsmap"),
                userDefined.IsEmpty ? null : userDefined, spec.RemoveExtraSpaces, spec.AddDummyPrefix, spec.EscapeSpaces, spec.SpaceAsSuffix),
            PostProcessor = Frame(addBos ? Id(spec.BosId) : null, addEos ? Id(spec.EosId) : null),
            Decoder = new SentencePieceDecoder(
                [.. added.Select(a => a.Content)], unknown < 0 ? null : spec.Pieces[unknown], spec.UnknownSurface,
                spec.AddDummyPrefix || spec.RemoveExtraSpaces, spec.RemoveExtraSpaces, spec.Types.Contains(SentencePieceProto.Byte)),
            AddedTokens = added,
            FindAddedTokens = parseControl,
            CacheWords = false,
            Special = new()
            {
                Bos = Id(spec.BosId),
                Eos = Id(spec.EosId),
                Pad = Id(spec.PadId),
                Unknown = Id(unknown),
                EndOfGeneration = SpecialTokensReader.Ends(Id(spec.EosId), vocabulary.IdOf, added),
            },
        };
    }

    static TemplatePostProcessor? Frame(int? bos, int? eos)
    {
        if (bos is null && eos is null) return null;
        TemplatePiece[] Around(params int[] sequences) =>
            [.. bos is { } b ? [new TemplatePiece(-1, 0, [b])] : Array.Empty<TemplatePiece>(), .. sequences.Select(s => new TemplatePiece(s, s, [])), .. eos is { } e ? [new TemplatePiece(-1, 0, [e])] : Array.Empty<TemplatePiece>()];
        return new(Around(0), Around(0, 1));
    }

    static TokenizerModel Model(SentencePieceProto spec, Vocabulary vocabulary, Trie? userDefined, int unknown, string file)
    {
        var scores = spec.Scores.ToArray();
        switch (spec.ModelType)
        {
            case SentencePieceProto.Unigram:
                var normal = Enumerable.Range(0, scores.Length).Where(i => spec.Types[i] == SentencePieceProto.Normal).Select(i => scores[i]).DefaultIfEmpty(0).ToArray();
                double min = normal.Min(), max = normal.Max();
                // A user-defined symbol gets a bonus that no path around it can beat.
                for (int id = 0; id < scores.Length; id++)
                {
                    if (spec.Types[id] == SentencePieceProto.UserDefined) scores[id] = System.Text.Encoding.UTF8.GetByteCount(spec.Pieces[id]) * max - 0.1;
                }
                return new UnigramModel(vocabulary, scores, id => spec.Types[id] is SentencePieceProto.Normal or SentencePieceProto.UserDefined, unknown, spec.ByteFallback, file, min, false);
            case SentencePieceProto.Bpe:
                return new ScoredBpeModel(vocabulary, scores, id => spec.Types[id] is SentencePieceProto.Normal or SentencePieceProto.UserDefined or SentencePieceProto.Unused, unknown, spec.ByteFallback, true, file, userDefined);
            case SentencePieceProto.Word or SentencePieceProto.Char:
                return new PieceLookupModel(vocabulary, spec.ModelType == SentencePieceProto.Word, userDefined, unknown, spec.ByteFallback, file);
            default:
                throw new TokenizerException(file, "trainer_spec.model_type", $"{spec.ModelType} is none of 1 (unigram), 2 (bpe), 3 (word), 4 (char)");
        }
    }
}
