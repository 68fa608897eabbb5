namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>What a SentencePiece model says (sentencepiece_model.proto): pieces with scores and types, trainer_spec and normalizer_spec.</summary>
internal sealed class SentencePieceProto
{
    public const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    public const int Unigram = 1, Bpe = 2, Word = 3, Char = 4;

    public List<string> Pieces { get; } = [];

    public List<double> Scores { get; } = [];

    public List<int> Types { get; } = [];

    public int ModelType { get; private set; } = Unigram;

    public int UnknownId { get; private set; }

    public int BosId { get; private set; } = 1;

    public int EosId { get; private set; } = 2;

    public int PadId { get; private set; } = -1;

    public string UnknownPiece { get; private set; } = "<unk>";

    public string UnknownSurface { get; private set; } = " \u2047 ";

    public bool ByteFallback { get; private set; }

    public bool SpaceAsSuffix { get; private set; }

    public byte[] CharsMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraSpaces { get; private set; } = true;

    public bool EscapeSpaces { get; private set; } = true;

    /// <exception cref="TokenizerException">It is no such message, has no pieces, or a score that is no number.</exception>
    public static SentencePieceProto Read(ReadOnlySpan<byte> data, string file)
    {
        var proto = new SentencePieceProto();
        var reader = new ProtobufReader(data, file, "ModelProto");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: proto.ReadPiece(reader.Bytes(), file); break;
                case 2: proto.ReadTrainer(reader.Bytes(), file); break;
                case 3: proto.ReadNormalizer(reader.Bytes(), file); break;
                default: reader.Skip(); break;
            }
        }
        if (proto.Pieces.Count == 0) throw new TokenizerException(file, "pieces", "there are none; not a SentencePiece model");
        int unset = proto.Scores.FindIndex(double.IsNaN);
        if (unset >= 0) throw new TokenizerException(file, $"pieces[{unset}].score", "is not a number");
        return proto;
    }

    void ReadPiece(ReadOnlySpan<byte> data, string file)
    {
        string piece = "";
        double score = 0;
        int type = Normal;
        var reader = new ProtobufReader(data, file, $"pieces[{Pieces.Count}]");
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
        Pieces.Add(piece);
        Scores.Add(score);
        Types.Add(type);
    }

    void ReadTrainer(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file, "trainer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: ModelType = reader.Int(); break;
                case 24: SpaceAsSuffix = reader.Bool(); break;
                case 35: ByteFallback = reader.Bool(); break;
                case 40: UnknownId = reader.Int(); break;
                case 41: BosId = reader.Int(); break;
                case 42: EosId = reader.Int(); break;
                case 43: PadId = reader.Int(); break;
                case 44: UnknownSurface = reader.Text(); break;
                case 45: UnknownPiece = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }
    }

    void ReadNormalizer(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file, "normalizer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2: CharsMap = reader.Bytes().ToArray(); break;
                case 3: AddDummyPrefix = reader.Bool(); break;
                case 4: RemoveExtraSpaces = reader.Bool(); break;
                case 5: EscapeSpaces = reader.Bool(); break;
                default: reader.Skip(); break;
            }
        }
    }
}
