using System.Text;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Writes small SentencePiece models.</summary>
internal static class SentencePieceWriter
{
    public static byte[] Model(int modelType, params (string Piece, float Score, int Type)[] pieces)
    {
        var file = new List<byte>();
        foreach (var (piece, score, type) in pieces)
        {
            byte[] text = Encoding.UTF8.GetBytes(piece);
            Message(file, 1, [0x0A, (byte)text.Length, .. text, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)type]);
        }
        Message(file, 2, [0x18, (byte)modelType]);
        Message(file, 3, [0x18, 1, 0x20, 1, 0x28, 1]);
        return [.. file];
    }

    static void Message(List<byte> file, int field, byte[] body)
    {
        file.Add((byte)(field << 3 | 2));
        file.Add((byte)body.Length);
        file.AddRange(body);
    }
}
