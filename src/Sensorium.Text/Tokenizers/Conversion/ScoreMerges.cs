namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>The merges that a scored vocabulary amounts to: every way to join two tokens into one, best score first (transformers, SentencePieceExtractor).</summary>
static class ScoreMerges
{
    const int Normal = 1, UserDefined = 4, Unused = 5;

    public static IEnumerable<(string Left, string Right)> Of(GgufVocabulary vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (IsText(vocabulary, id)) ids.TryAdd(vocabulary.Tokens[id], id);
        }
        var merges = new List<(float Score, int Made, int Left, int Right)>();
        foreach (var (token, id) in ids)
        {
            var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, cut), out int left) && lookup.TryGetValue(token.AsSpan(cut), out int right))
                    merges.Add((vocabulary.Scores![id], id, left, right));
            }
        }
        // The order among equal scores is the tokens' own, so that it does not hang on a dictionary's.
        merges.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : (a.Made, a.Left, a.Right).CompareTo((b.Made, b.Left, b.Right)));
        return merges.Select(merge => (vocabulary.Tokens[merge.Left], vocabulary.Tokens[merge.Right]));
    }

    static bool IsText(GgufVocabulary vocabulary, int id) =>
        vocabulary.Tokens[id].Length > 0 && (vocabulary.TokenTypes is not { } types || types[id] is Normal or UserDefined or Unused);
}
