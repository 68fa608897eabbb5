using System.Buffers.Text;
using System.Text;
using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PreTokenizers;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads a .tiktoken file: a line a token, base64 of its bytes, a space, its rank, which is its id.</summary>
internal static class TiktokenFile
{
    /// <summary>Whether a file begins as these do: a tokenizer.model may be one, or a SentencePiece model.</summary>
    public static bool Matches(ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)'\n');
        var row = (end < 0 ? data : data[..end]).TrimEnd("\r \t"u8);
        int space = row.IndexOf((byte)' ');
        return space > 0 && row.Length < 1024 && Utf8Parser.TryParse(row[(space + 1)..], out int _, out int used) && used == row.Length - space - 1 && Base64.IsValid(row[..space]);
    }

    public static TokenizerParts Read(ReadOnlySpan<byte> data, string file, string pattern, IReadOnlyDictionary<string, int> specialTokens)
    {
        var ids = new VocabularyBuilder(1 << 12);
        int line = 0;
        while (data.Length > 0)
        {
            int end = data.IndexOf((byte)'\n');
            var row = (end < 0 ? data : data[..end]).TrimEnd("\r \t"u8);
            data = end < 0 ? [] : data[(end + 1)..];
            line++;
            if (row.Length == 0) continue;
            int space = row.IndexOf((byte)' ');
            if (space <= 0) throw new TokenizerException(file, $"line {line}", "must be base64, a space and a rank");
            if (!Utf8Parser.TryParse(row[(space + 1)..], out int rank, out int used) || used != row.Length - space - 1 || rank < 0) throw new TokenizerException(file, $"line {line}", "the rank is not a number");
            ids.Add(Spell(row[..space], file, line), rank);
        }
        if (ids.Count == 0) throw new TokenizerException(file, "", "there are no tokens in it");
        var vocabulary = ids.Build(Repeats.Refused, file, "ranks");
        var scores = new double[vocabulary.Size];
        for (int id = 0; id < scores.Length; id++) scores[id] = -id;
        var added = specialTokens.Select(s => new AddedToken(s.Value, s.Key, true)).ToList();
        foreach (var token in added)
        {
            if (token.Id < 0) throw new TokenizerException(file, "special_tokens", $"'{Vocabulary.Shorten(token.Content)}' has the negative id {token.Id}");
        }
        int? eos = specialTokens.TryGetValue("<|endoftext|>", out int found) ? found : null;
        return new()
        {
            File = file,
            Model = new ScoredBpeModel(vocabulary, scores, vocabulary.Has, -1, false, false, file, null, true),
            PreTokenizer = new SequencePreTokenizer(
            [
                new SplitPreTokenizer(RegexPattern.Compile(pattern, file, "pattern", RegexSyntax.Rust), SplitBehavior.Isolated),
                new ByteLevelPreTokenizer(false, false),
            ]),
            Decoder = new ByteLevelDecoder(),
            AddedTokens = added,
            Special = new()
            {
                Eos = eos,
                EndOfGeneration = SpecialTokensReader.Ends(eos, token => specialTokens.TryGetValue(token, out int id) ? id : vocabulary.IdOf(token), added),
            },
        };
    }

    static string Spell(ReadOnlySpan<byte> base64, string file, int line)
    {
        // Whisper's file ends with a token of no bytes, spelt as padding alone.
        if (base64.SequenceEqual("="u8)) return "";
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        if (Base64.DecodeFromUtf8(base64, bytes, out _, out int n) != System.Buffers.OperationStatus.Done) throw new TokenizerException(file, $"line {line}", "the token is not base64");
        var builder = new StringBuilder(n);
        foreach (byte b in bytes.AsSpan(0, n)) builder.Append((char)ByteAlphabet.ToChar(b));
        return builder.ToString();
    }
}
