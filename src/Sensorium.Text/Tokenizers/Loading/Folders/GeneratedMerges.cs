using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>The merges that a SentencePiece BPE model stands for (transformers' generate_merges): every way to cut a piece into two pieces, by the piece's score, then by the length of the parts.</summary>
internal static class GeneratedMerges
{
    const int MaxPiece = 512;

    /// <param name="vocabulary">The pieces.</param>
    /// <param name="scores">Their scores, by id.</param>
    /// <param name="file">For messages.</param>
    public static MergeList Of(Vocabulary vocabulary, IReadOnlyList<double> scores, string file)
    {
        var found = new List<(double Score, int Left, int Right, int LeftId, int RightId, int Order)>();
        for (int id = 0; id < vocabulary.Size; id++)
        {
            if (vocabulary.TokenOf(id) is not { } piece || vocabulary.IdOf(piece) != id) continue;
            if (piece.Length > MaxPiece) throw new TokenizerException(file, $"pieces[{id}]", $"'{Vocabulary.Shorten(piece)}' has {piece.Length} characters, more than {MaxPiece}");
            AddCuts(piece, id, scores[id], vocabulary, found);
        }
        found.Sort(Compare);
        var merges = new MergeList(found.Count);
        foreach (var merge in found) merges.Add(vocabulary.TokenOf(merge.LeftId)!, vocabulary.TokenOf(merge.RightId)!);
        return merges;
    }

    static void AddCuts(string piece, int id, double score, Vocabulary vocabulary, List<(double Score, int Left, int Right, int LeftId, int RightId, int Order)> found)
    {
        int points = piece.EnumerateRunes().Count(), left = 0;
        for (int cut = 1; cut < piece.Length; cut++)
        {
            if (char.IsLowSurrogate(piece[cut])) continue;
            left++;
            int leftId = vocabulary.IdOf(piece.AsSpan(0, cut));
            if (leftId < 0) continue;
            int rightId = vocabulary.IdOf(piece.AsSpan(cut));
            if (rightId >= 0) found.Add((score, left, points - left, leftId, rightId, id));
        }
    }

    // The highest score first, then the longest left part, then the longest right part; what is equal in all stays in the order of the pieces and their parts' ids.
    static int Compare((double Score, int Left, int Right, int LeftId, int RightId, int Order) a, (double Score, int Left, int Right, int LeftId, int RightId, int Order) b)
    {
        int by = b.Score.CompareTo(a.Score);
        if (by == 0) by = b.Left.CompareTo(a.Left);
        if (by == 0) by = b.Right.CompareTo(a.Right);
        if (by == 0) by = a.Order.CompareTo(b.Order);
        if (by == 0) by = a.LeftId.CompareTo(b.LeftId);
        return by == 0 ? a.RightId.CompareTo(b.RightId) : by;
    }
}
