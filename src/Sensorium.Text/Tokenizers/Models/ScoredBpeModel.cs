using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>
/// SentencePiece's BPE: of all neighbours the pair whose joined piece has the highest score merges, the leftmost of equals (sentencepiece bpe_model.cc; llama.cpp's SPM).
/// Every way to cut a piece in two is a merge of its rank, so that the merging is BPE's.
/// </summary>
internal sealed class ScoredBpeModel : TokenizerModel
{
    // No vocabulary has longer pieces. Then ids of what merges with nothing: characters of no piece, and user-defined symbols, shifted out of the way.
    const int MaxPiece = 512, NoPiece = 1 << 30, Frozen = 1 << 29;

    readonly MergeTable merges = new(1024);
    readonly Dictionary<int, int> characters = [];
    readonly int[]? byteTokens;
    readonly int unknown;
    readonly bool fuseUnknown;
    readonly string file;
    readonly Trie? userDefined;
    readonly bool takeWhole;

    /// <param name="vocabulary">Pieces.</param>
    /// <param name="scores">Their scores, by id.</param>
    /// <param name="mergeable">Whether a piece may come from a merge or a character (not control, byte or unknown ones).</param>
    /// <param name="unknownId">Id for characters that no piece covers; -1 when there is none.</param>
    /// <param name="byteFallback">Such characters become byte tokens.</param>
    /// <param name="fuseUnknown">Neighbouring unknown characters are one token.</param>
    /// <param name="file">For messages.</param>
    /// <param name="userDefined">Symbols that stay whole and merge with nothing.</param>
    /// <param name="takeWhole">A pre-token that is a piece is taken as it is (tiktoken).</param>
    public ScoredBpeModel(Vocabulary vocabulary, double[] scores, Func<int, bool> mergeable, int unknownId, bool byteFallback, bool fuseUnknown, string file, Trie? userDefined = null, bool takeWhole = false) : base(vocabulary)
    {
        unknown = unknownId;
        this.fuseUnknown = fuseUnknown;
        this.file = file;
        this.userDefined = userDefined;
        this.takeWhole = takeWhole;
        byteTokens = byteFallback ? ByteTokens(vocabulary) : null;
        CutsAtMarks = !takeWhole && mergeable(Math.Max(0, vocabulary.IdOf("▁"))) && vocabulary.BeginsWithMarks();
        var order = new List<int>();
        for (int id = 0; id < scores.Length; id++)
        {
            if (mergeable(id) && vocabulary.IdOf(vocabulary.TokenOf(id)!) == id) order.Add(id);
        }
        order.Sort((a, b) => scores[a] != scores[b] ? scores[b].CompareTo(scores[a]) : a.CompareTo(b));
        var mergeableIds = order.ToHashSet();
        int next = vocabulary.Size, rank = -1;
        double last = double.NaN;
        // Characters that stand in pieces but are none themselves can still be merged: they get ids beyond the vocabulary.
        foreach (int id in order)
        {
            foreach (int c in CodePoints.FromString(vocabulary.TokenOf(id)!))
            {
                if (characters.ContainsKey(c)) continue;
                int own = vocabulary.IdOf(CodePoints.ToText([c]));
                characters[c] = own >= 0 && mergeableIds.Contains(own) ? own : next++;
            }
        }
        foreach (int id in order)
        {
            if (scores[id] != last) rank++;
            last = scores[id];
            AddMerges(vocabulary.TokenOf(id)!, id, rank, mergeableIds);
        }
    }

    public override int UnknownId => unknown;

    public override bool CutsAtMarks { get; }

    void AddMerges(string piece, int id, int rank, HashSet<int> mergeable)
    {
        if (piece.Length > MaxPiece) throw new TokenizerException(file, $"token {id}", $"the piece '{Vocabulary.Shorten(piece)}' has {piece.Length} characters, more than {MaxPiece}");
        for (int cut = 1; cut < piece.Length; cut++)
        {
            if (char.IsLowSurrogate(piece[cut])) continue;
            int left = IdOfPart(piece.AsSpan(0, cut), mergeable);
            if (left < 0) continue;
            int right = IdOfPart(piece.AsSpan(cut), mergeable);
            if (right >= 0) merges.Add(left, right, rank, id);
        }
    }

    int IdOfPart(ReadOnlySpan<char> part, HashSet<int> mergeable)
    {
        if (part.Length == 1) return characters.GetValueOrDefault(part[0], -1);
        if (part.Length == 2 && char.IsSurrogatePair(part[0], part[1])) return characters.GetValueOrDefault(char.ConvertToUtf32(part[0], part[1]), -1);
        int id = Vocabulary.IdOf(part);
        return id >= 0 && mergeable.Contains(id) ? id : -1;
    }

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        if (takeWhole && Vocabulary.IdOf(CodePoints.ToText(piece)) is >= 0 and var whole)
        {
            output.Add(whole, offset, offset + piece.Length);
            return;
        }
        scratch.Reserve(piece.Length + 1);
        int n = 0;
        for (int i = 0; i < piece.Length; n++)
        {
            int length = userDefined?.Longest(piece, i, out scratch.Ids[n]) ?? 0;
            if (length > 0) scratch.Ids[n] |= Frozen;
            else
            {
                scratch.Ids[n] = characters.GetValueOrDefault(piece[i], NoPiece);
                length = 1;
            }
            scratch.Starts[n] = i;
            scratch.Ends[n] = i += length;
        }
        n = merges.Merge(n, scratch);
        bool afterUnknown = false;
        for (int i = 0; i < n; i++)
        {
            int id = scratch.Ids[i] & ~Frozen, start = scratch.Starts[i], end = scratch.Ends[i];
            if (id < Vocabulary.Size)
            {
                output.Add(id, offset + start, offset + end);
                afterUnknown = false;
                continue;
            }
            if (byteTokens is not null && AddBytes(byteTokens, piece[start], offset + start, offset + end, output))
            {
                afterUnknown = false;
                continue;
            }
            if (unknown < 0) throw new TokenizerException(file, "unk_id", "a character is in no piece, and the vocabulary has no unknown token");
            if (afterUnknown && fuseUnknown) output.Ends[^1] = offset + end;
            else output.Add(unknown, offset + start, offset + end);
            afterUnknown = true;
        }
    }
}
