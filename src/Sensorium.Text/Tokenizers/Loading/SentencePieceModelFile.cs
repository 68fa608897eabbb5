using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads SentencePiece's <c>.model</c> (sentencepiece_model.proto) and builds what it describes.</summary>
internal static class SentencePieceModelFile
{
    const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    sealed class Spec
    {
        public readonly List<string> Pieces = [];
        public readonly List<double> Scores = [];
        public readonly List<int> Types = [];
        public int ModelType = 1;
        public int UnknownId;
        public int BosId = 1;
        public int EosId = 2;
        public int PadId = -1;
        public string UnknownSurface = " \u2047 ";
        public bool ByteFallback;
        public bool SpaceAsSuffix;
        public byte[] CharsMap = [];
        public bool AddDummyPrefix = true;
        public bool RemoveExtraSpaces = true;
        public bool EscapeSpaces = true;
    }

    public static TokenizerParts Read(ReadOnlySpan<byte> data, string file, bool addBos, bool addEos, bool parseControl)
    {
        var spec = ReadModel(data, file);
        int n = spec.Pieces.Count;
        if (n == 0) throw new TokenizerException(file, "pieces", "there are none; not a SentencePiece model");
        for (int id = 0; id < n; id++)
        {
            if (double.IsNaN(spec.Scores[id])) throw new TokenizerException(file, $"pieces[{id}].score", "is not a number");
        }
        var vocabulary = Vocabulary.FromList(spec.Pieces, firstWins: true);
        var userDefined = new Trie(16);
        var added = new List<AddedToken>();
        for (int id = 0; id < n; id++)
        {
            if (spec.Types[id] == UserDefined) userDefined.Add(CodePoints.FromString(spec.Pieces[id]), id);
            if (spec.Types[id] == Control && spec.Pieces[id].Length is > 0 and <= 256) added.Add(new(id, spec.Pieces[id], true));
        }
        int unknown = spec.Types.IndexOf(Unknown);
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
                spec.AddDummyPrefix || spec.RemoveExtraSpaces, spec.RemoveExtraSpaces, spec.Types.Contains(Byte)),
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

    static TokenizerModel Model(Spec spec, Vocabulary vocabulary, Trie? userDefined, int unknown, string file)
    {
        var scores = spec.Scores.ToArray();
        switch (spec.ModelType)
        {
            case 1:
                var normal = Enumerable.Range(0, scores.Length).Where(i => spec.Types[i] == Normal).Select(i => scores[i]).DefaultIfEmpty(0).ToArray();
                double min = normal.Min(), max = normal.Max();
                // A user-defined symbol gets a bonus that no path around it can beat.
                for (int id = 0; id < scores.Length; id++)
                {
                    if (spec.Types[id] == UserDefined) scores[id] = System.Text.Encoding.UTF8.GetByteCount(spec.Pieces[id]) * max - 0.1;
                }
                return new UnigramModel(vocabulary, scores, id => spec.Types[id] is Normal or UserDefined, unknown, spec.ByteFallback, file, min, false);
            case 2:
                return new ScoredBpeModel(vocabulary, scores, id => spec.Types[id] is Normal or UserDefined or Unused, unknown, spec.ByteFallback, true, file, userDefined);
            case 3 or 4:
                return new PieceLookupModel(vocabulary, spec.ModelType == 3, userDefined, unknown, spec.ByteFallback, file);
            default:
                throw new TokenizerException(file, "trainer_spec.model_type", $"{spec.ModelType} is none of 1 (unigram), 2 (bpe), 3 (word), 4 (char)");
        }
    }

    static Spec ReadModel(ReadOnlySpan<byte> data, string file)
    {
        var spec = new Spec();
        var reader = new ProtobufReader(data, file, "ModelProto");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: ReadPiece(reader.Bytes(), file, spec); break;
                case 2: ReadTrainer(reader.Bytes(), file, spec); break;
                case 3: ReadNormalizer(reader.Bytes(), file, spec); break;
                default: reader.Skip(); break;
            }
        }
        return spec;
    }

    static void ReadPiece(ReadOnlySpan<byte> data, string file, Spec spec)
    {
        string piece = "";
        double score = 0;
        int type = Normal;
        var reader = new ProtobufReader(data, file, $"pieces[{spec.Pieces.Count}]");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: piece = reader.Text(); break;
                case 2: score = reader.Float(); break;
                case 3: type = reader.Int(); break;
                default: reader.Skip(); break;
            }
        }
        spec.Pieces.Add(piece);
        spec.Scores.Add(score);
        spec.Types.Add(type);
    }

    static void ReadTrainer(ReadOnlySpan<byte> data, string file, Spec spec)
    {
        var reader = new ProtobufReader(data, file, "trainer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: spec.ModelType = reader.Int(); break;
                case 24: spec.SpaceAsSuffix = reader.Bool(); break;
                case 35: spec.ByteFallback = reader.Bool(); break;
                case 40: spec.UnknownId = reader.Int(); break;
                case 41: spec.BosId = reader.Int(); break;
                case 42: spec.EosId = reader.Int(); break;
                case 43: spec.PadId = reader.Int(); break;
                case 44: spec.UnknownSurface = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }
    }

    static void ReadNormalizer(ReadOnlySpan<byte> data, string file, Spec spec)
    {
        var reader = new ProtobufReader(data, file, "normalizer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2: spec.CharsMap = reader.Bytes().ToArray(); break;
                case 3: spec.AddDummyPrefix = reader.Bool(); break;
                case 4: spec.RemoveExtraSpaces = reader.Bool(); break;
                case 5: spec.EscapeSpaces = reader.Bool(); break;
                default: reader.Skip(); break;
            }
        }
    }
}
