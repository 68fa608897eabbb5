using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>WordPiece: from the left, the longest token that fits; a word with a part that none fits is unknown as a whole (BERT's tokenizer).</summary>
internal sealed class WordPieceModel : TokenizerModel
{
    readonly Trie words;
    readonly Trie parts;
    readonly string unknownToken;
    readonly int unknown;
    readonly int maxChars;
    readonly string file;

    public WordPieceModel(Vocabulary vocabulary, string unknownToken, string continuingPrefix, int maxCharsPerWord, string file, string wordPrefix = "") : base(vocabulary)
    {
        this.unknownToken = unknownToken;
        unknown = vocabulary.IdOf(unknownToken);
        maxChars = maxCharsPerWord;
        this.file = file;
        words = new(vocabulary.Count * 4);
        parts = new(vocabulary.Count);
        foreach (var (token, id) in vocabulary.Pairs)
        {
            // With a mark on words that begin (GGUF), the other tokens are the parts.
            if (wordPrefix.Length > 0 && token.StartsWith(wordPrefix, StringComparison.Ordinal))
            {
                words.Add(CodePoints.FromString(token.AsSpan(wordPrefix.Length)), id);
                continue;
            }
            if (wordPrefix.Length == 0) words.Add(CodePoints.FromString(token), id);
            if (token.StartsWith(continuingPrefix, StringComparison.Ordinal)) parts.Add(CodePoints.FromString(token.AsSpan(continuingPrefix.Length)), id);
        }
    }

    public override int UnknownId => unknown;

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        int before = output.Count;
        if (piece.Length <= maxChars)
        {
            int at = 0;
            while (at < piece.Length)
            {
                int length = (at == 0 ? words : parts).Longest(piece, at, out int id);
                if (length == 0) break;
                output.Add(id, offset + at, offset + at + length);
                at += length;
            }
            if (at == piece.Length) return;
        }
        if (unknown < 0) throw new TokenizerException(file, "model.unk_token", $"a word cannot be spelt, and the unknown token '{unknownToken}' is not in the vocabulary");
        output.Ids.RemoveRange(before, output.Count - before);
        output.Starts.RemoveRange(before, output.Starts.Count - before);
        output.Ends.RemoveRange(before, output.Ends.Count - before);
        output.Add(unknown, offset, offset + piece.Length);
    }
}
