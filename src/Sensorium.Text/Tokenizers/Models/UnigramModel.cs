using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Unigram language model: the path of the highest sum of scores, found by Viterbi in one pass (Kudo 2018; tokenizers' and SentencePiece's encode_optimized).</summary>
internal sealed class UnigramModel : TokenizerModel
{
    const double UnknownPenalty = 10;

    readonly Trie trie;
    readonly double[] scores;
    readonly double unknownScore;
    readonly int unknown;
    readonly int[]? byteTokens;
    readonly string file;
    readonly bool lookUpUnknown;

    /// <param name="vocabulary">Pieces.</param>
    /// <param name="scores">Their log probabilities, by id.</param>
    /// <param name="searchable">Which pieces take part; all when null.</param>
    /// <param name="unknownId">Id for characters that no piece covers; -1 when there is none.</param>
    /// <param name="byteFallback">Such characters become byte tokens.</param>
    /// <param name="file">For messages.</param>
    /// <param name="minScore">What an unknown character is measured by; the least of the scores when null.</param>
    /// <param name="lookUpUnknown">A stretch of unknown characters that spells a piece is that piece (tokenizers does so, SentencePiece does not).</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, Func<int, bool>? searchable, int unknownId, bool byteFallback, string file, double? minScore = null, bool lookUpUnknown = true) : base(vocabulary)
    {
        this.scores = scores;
        this.file = file;
        this.lookUpUnknown = lookUpUnknown;
        unknown = unknownId;
        byteTokens = byteFallback ? ByteTokens(vocabulary) : null;
        trie = new(vocabulary.Count * 6);
        double min = double.PositiveInfinity;
        for (int id = 0; id < scores.Length; id++)
        {
            if (double.IsNaN(scores[id])) throw new TokenizerException(file, $"model.vocab[{id}]", "the score is not a number");
            min = Math.Min(min, scores[id]);
            if (searchable is null || searchable(id)) trie.Add(CodePoints.FromString(vocabulary.TokenOf(id)!), vocabulary.IdOf(vocabulary.TokenOf(id)!));
        }
        unknownScore = (minScore ?? (double.IsInfinity(min) ? 0 : min)) - UnknownPenalty;
    }

    public override int UnknownId => unknown;

    public override void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch)
    {
        int n = piece.Length;
        scratch.Reserve(n + 1);
        if (scratch.Scores.Length <= n) scratch.Scores = new double[Math.Max(64, n + n / 2 + 1)];
        var best = scratch.Scores;
        var from = scratch.Starts;
        var ids = scratch.Ids;
        Array.Fill(from, -1, 0, n + 1);
        best[0] = 0;
        long budget = 2_000_000 + 512L * n;
        for (int i = 0; i < n; i++)
        {
            double here = best[i];
            bool covered = false;
            int node = Trie.Root;
            for (int j = i; j < n; j++)
            {
                node = trie.Step(node, piece[j]);
                if (node < 0) break;
                budget--;
                int id = trie.Value(node);
                if (id < 0) continue;
                Relax(j + 1, here + scores[id], i, id);
                covered |= j == i;
            }
            if (budget < 0) throw new TokenizerException(file, "model.vocab", "the pieces are so long that this text takes too many steps");
            if (!covered) Relax(i + 1, here + unknownScore, i, unknown);
        }

        // Back along the best path, then out in order; neighbouring unknown characters are one.
        int count = 0;
        var ends = scratch.Next;
        for (int end = n; end > 0; end = from[end]) ends[count++] = end;
        for (int k = count - 1; k >= 0; k--)
        {
            int start = from[ends[k]], end = ends[k], id = ids[end];
            if (id == unknown)
            {
                while (k > 0 && ids[ends[k - 1]] == unknown) end = ends[--k];
                Unknown(piece, start, end, offset, output);
            }
            else output.Add(id, offset + start, offset + end);
        }

        void Relax(int end, double score, int start, int id)
        {
            if (from[end] >= 0 && score <= best[end]) return;
            best[end] = score;
            from[end] = start;
            ids[end] = id;
        }
    }

    void Unknown(ReadOnlySpan<int> piece, int start, int end, int offset, TokenBuffer output)
    {
        // The fused stretch may be a piece of the vocabulary after all.
        int whole = lookUpUnknown ? Vocabulary.IdOf(CodePoints.ToText(piece[start..end])) : -1;
        if (whole >= 0)
        {
            output.Add(whole, offset + start, offset + end);
            return;
        }
        if (byteTokens is not null && Complete(byteTokens))
        {
            for (int i = start; i < end; i++) AddBytes(byteTokens, piece[i], offset + start, offset + end, output);
            return;
        }
        if (unknown < 0) throw new TokenizerException(file, "model.unk_id", "a character is in no piece, and the vocabulary has no unknown token");
        output.Add(unknown, offset + start, offset + end);
    }

    static bool Complete(int[] bytes) => Array.IndexOf(bytes, -1) < 0;
}
