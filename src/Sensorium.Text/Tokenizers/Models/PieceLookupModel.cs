using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>SentencePiece's simplest models: each word (begun by a visible space), or each character, is a piece or unknown; neighbouring unknown ones are one.</summary>
internal sealed class PieceLookupModel(Vocabulary vocabulary, bool words, Trie? userDefined, int unknownId, bool byteFallback, string file) : TokenizerModel(vocabulary)
{
    const int Mark = 0x2581;

    readonly int[]? byteTokens = byteFallback ? ByteTokens(vocabulary) : null;

    public override int UnknownId => unknownId;

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        bool afterUnknown = false;
        for (int i = 0; i < piece.Length;)
        {
            int end = i + 1;
            int id = -1;
            if (words)
            {
                while (end < piece.Length && piece[end] != Mark) end++;
            }
            else if (userDefined is not null && userDefined.Longest(piece, i, out id) is > 0 and var length) end = i + length;
            if (id < 0) id = Vocabulary.IdOf(CodePoints.ToText(piece[i..end]));
            if (id >= 0 && id != unknownId) output.Add(id, offset + i, offset + end);
            else if (!TryBytes(piece, i, end, offset, output))
            {
                if (unknownId < 0) throw new TokenizerException(file, "trainer_spec.unk_id", "a character is in no piece, and the vocabulary has no unknown token");
                if (afterUnknown) output.Ends[^1] = offset + end;
                else output.Add(unknownId, offset + i, offset + end);
                afterUnknown = true;
                i = end;
                continue;
            }
            afterUnknown = false;
            i = end;
        }
    }

    bool TryBytes(ReadOnlySpan<int> piece, int start, int end, int offset, TokenBuffer output)
    {
        if (byteTokens is null || Array.IndexOf(byteTokens, -1) >= 0) return false;
        for (int i = start; i < end; i++) AddBytes(byteTokens, piece[i], offset + start, offset + end, output);
        return true;
    }
}
