using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Each pre-token is a token.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknownToken, string file) : TokenizerModel(vocabulary)
{
    readonly int unknown = vocabulary.IdOf(unknownToken);

    public override int UnknownId => unknown;

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        int id = Vocabulary.IdOf(CodePoints.ToText(piece));
        if (id < 0) id = unknown;
        if (id < 0) throw new TokenizerException(file, "model.unk_token", $"a word is not in the vocabulary, and neither is the unknown token '{unknownToken}'");
        output.Add(id, offset, offset + piece.Length);
    }
}
