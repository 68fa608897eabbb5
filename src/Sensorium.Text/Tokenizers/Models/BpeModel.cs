using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>What a BPE model has beside its vocabulary and merges.</summary>
internal sealed record BpeOptions
{
    /// <summary>Token for characters outside of the vocabulary.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Neighbouring unknown characters are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Characters outside of the vocabulary become the tokens of their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A pre-token that is a token is taken as it is.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Stands before every symbol of a word but the first.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>Stands after the last symbol of a word.</summary>
    public string EndOfWordSuffix { get; init; } = "";
}

/// <summary>Byte-pair encoding: of all neighbours the pair of the lowest rank merges, the leftmost of equals (Sennrich et al. 2016; tokenizers' BPE). n log n in the pre-token.</summary>
internal sealed class BpeModel : TokenizerModel
{
    const int Chunk = 1 << 14;

    readonly MergeTable merges;
    readonly int[] single;
    readonly Dictionary<int, int> characters = [];
    readonly BpeOptions options;
    readonly int unknown;
    readonly int[]? byteTokens;
    readonly bool affixes;

    /// <param name="vocabulary">Tokens.</param>
    /// <param name="merges">Pairs in the order of their ranks.</param>
    /// <param name="options">The rest.</param>
    /// <param name="lenient">A merge of tokens that the vocabulary does not have is passed over (GGUF) instead of refused.</param>
    /// <param name="file">For messages.</param>
    /// <param name="key">For messages.</param>
    public BpeModel(Vocabulary vocabulary, MergeList merges, BpeOptions options, bool lenient, string file, string key) : base(vocabulary)
    {
        this.options = options;
        unknown = options.UnknownToken is null ? -1 : vocabulary.IdOf(options.UnknownToken);
        byteTokens = options.ByteFallback ? ByteTokens(vocabulary) : null;
        affixes = options.ContinuingPrefix.Length + options.EndOfWordSuffix.Length > 0;
        this.merges = new(merges.Count);
        CutsAtMarks = !options.IgnoreMerges && !affixes && vocabulary.BeginsWithMarks();
        var resolved = new (int Left, int Right, int Whole)[merges.Count];
        int prefix = System.Text.Encoding.UTF8.GetByteCount(options.ContinuingPrefix);
        Parallel.For(0, (merges.Count + Chunk - 1) / Chunk, chunk => Resolve(merges, prefix, chunk * Chunk, resolved.AsSpan(chunk * Chunk, Math.Min(Chunk, merges.Count - chunk * Chunk))));
        for (int r = 0; r < resolved.Length; r++)
        {
            var (a, b, id) = resolved[r];
            if (a >= 0 && b >= 0 && id >= 0) this.merges.Add(a, b, r, id);
            else if (!lenient) throw Missing(merges, r, prefix, a, b, file, key);
        }
        single = new int[1024];
        Array.Fill(single, -1);
        for (int id = 0; id < vocabulary.Size; id++)
        {
            var token = vocabulary.BytesOf(id);
            if (token.Length is 0 or > 4 || System.Text.Rune.DecodeFromUtf8(token, out var rune, out int used) != System.Buffers.OperationStatus.Done || used != token.Length) continue;
            if (vocabulary.IdOf(token) != id) continue;
            if (rune.Value < single.Length) single[rune.Value] = id;
            else characters[rune.Value] = id;
        }
    }

    // Looking up hundreds of thousands of tokens waits for memory most of the time, so every core does its part.
    void Resolve(MergeList merges, int prefix, int first, Span<(int Left, int Right, int Whole)> resolved)
    {
        var joined = new byte[1024];
        int guess = -1;
        for (int i = 0; i < resolved.Length; i++)
        {
            var left = merges.Left(first + i);
            var right = merges.Right(first + i);
            var rest = Rest(right, prefix);
            int length = left.Length + rest.Length;
            if (joined.Length < length) joined = new byte[length * 2];
            left.CopyTo(joined);
            rest.CopyTo(joined.AsSpan(left.Length));
            var whole = joined.AsSpan(0, length);
            // What merges become stands in most vocabularies in the order of the merges, so the next id is looked at before it is searched for.
            int id = Is(guess, whole) ? guess : Is(guess + 1, whole) ? guess + 1 : Vocabulary.IdOf(whole);
            guess = id;
            resolved[i] = (Vocabulary.IdOf(left), Vocabulary.IdOf(right), id);
        }
    }

    // The prefix of the right side is dropped when two symbols become one.
    static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> right, int prefix) => right[(right.Length >= prefix ? prefix : 0)..];

    static TokenizerException Missing(MergeList merges, int rank, int prefix, int a, int b, string file, string key)
    {
        string left = System.Text.Encoding.UTF8.GetString(merges.Left(rank)), right = System.Text.Encoding.UTF8.GetString(merges.Right(rank));
        string missing = a < 0 ? left : b < 0 ? right : left + System.Text.Encoding.UTF8.GetString(Rest(merges.Right(rank), prefix));
        return new(file, $"{key}[{rank}]", $"the merge '{Vocabulary.Shorten(left)}' + '{Vocabulary.Shorten(right)}' needs the token '{Vocabulary.Shorten(missing)}', which the vocabulary does not have");
    }

    bool Is(int id, ReadOnlySpan<byte> token) => Vocabulary.Has(id) && Vocabulary.BytesOf(id).SequenceEqual(token);

    public override int UnknownId => unknown;

    public override bool CutsAtMarks { get; }

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        if (options.IgnoreMerges)
        {
            int whole = piece.Length == 1 ? Character(piece[0]) : Vocabulary.IdOf(CodePoints.ToText(piece));
            if (whole >= 0)
            {
                output.Add(whole, offset, offset + piece.Length);
                return;
            }
        }
        int n = Symbols(piece, offset, scratch);
        n = merges.Merge(n, scratch);
        for (int i = 0; i < n; i++) output.Add(scratch.Ids[i], scratch.Starts[i], scratch.Ends[i]);
    }

    int Character(int c) => c < single.Length ? single[c] : characters.GetValueOrDefault(c, -1);

    int Lookup(int c, bool first, bool last)
    {
        if (!affixes) return Character(c);
        string s = CodePoints.ToText([c]);
        if (!first) s = options.ContinuingPrefix + s;
        if (last) s += options.EndOfWordSuffix;
        return Vocabulary.IdOf(s);
    }

    int Symbols(ReadOnlySpan<int> piece, int offset, ModelScratch s)
    {
        s.Reserve(piece.Length * (byteTokens is null ? 1 : 4) + 1);
        int n = 0;
        int unknownStart = -1, unknownEnd = 0;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < piece.Length; i++)
        {
            int c = piece[i];
            int id = Lookup(c, i == 0, i == piece.Length - 1);
            if (id < 0 && byteTokens is not null && !(affixes && i == piece.Length - 1))
            {
                int count = CodePoints.ToUtf8(c, bytes);
                bool all = true;
                for (int k = 0; k < count; k++) all &= byteTokens[bytes[k]] >= 0;
                if (all)
                {
                    Flush();
                    for (int k = 0; k < count; k++) Put(byteTokens[bytes[k]], i, i + 1);
                    continue;
                }
            }
            if (id >= 0)
            {
                Flush();
                Put(id, i, i + 1);
            }
            else if (unknown >= 0)
            {
                if (!options.FuseUnknown) Flush();
                if (unknownStart < 0) unknownStart = i;
                unknownEnd = i + 1;
            }
        }
        Flush();
        return n;

        void Flush()
        {
            if (unknownStart < 0) return;
            Put(unknown, unknownStart, unknownEnd);
            unknownStart = -1;
        }

        void Put(int id, int start, int end)
        {
            s.Ids[n] = id;
            s.Starts[n] = offset + start;
            s.Ends[n++] = offset + end;
        }
    }
}
