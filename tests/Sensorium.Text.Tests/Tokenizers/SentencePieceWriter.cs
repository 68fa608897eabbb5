using System.Text;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Writes SentencePiece models.</summary>
internal static class SentencePieceWriter
{
    public static byte[] Model(int modelType, params (string Piece, float Score, int Type)[] pieces) => Model(modelType, pieces, [], unknownId: 0);

    /// <param name="modelType">1 unigram, 2 BPE, 3 word, 4 char.</param>
    /// <param name="pieces">The pieces in the order of their ids.</param>
    /// <param name="charsMap">precompiled_charsmap; may be empty.</param>
    /// <param name="unknownId">trainer_spec.unk_id.</param>
    public static byte[] Model(int modelType, IReadOnlyList<(string Piece, float Score, int Type)> pieces, byte[] charsMap, int unknownId)
    {
        var file = new List<byte>();
        foreach (var (piece, score, type) in pieces)
        {
            var body = new List<byte>();
            Message(body, 1, Encoding.UTF8.GetBytes(piece));
            body.AddRange([0x15, .. BitConverter.GetBytes(score), 0x18, (byte)type]);
            Message(file, 1, [.. body]);
        }
        Message(file, 2, [0x18, (byte)modelType, 0xC0, 0x02, (byte)unknownId]);
        var normalizer = new List<byte>();
        if (charsMap.Length > 0) Message(normalizer, 2, charsMap);
        normalizer.AddRange([0x18, 1, 0x20, 1, 0x28, 1]);
        Message(file, 3, [.. normalizer]);
        return [.. file];
    }

    static void Message(List<byte> file, int field, byte[] body)
    {
        file.Add((byte)(field << 3 | 2));
        for (uint length = (uint)body.Length; ; length >>= 7)
        {
            file.Add((byte)(length < 128 ? length : length & 0x7F | 0x80));
            if (length < 128) break;
        }
        file.AddRange(body);
    }
}
