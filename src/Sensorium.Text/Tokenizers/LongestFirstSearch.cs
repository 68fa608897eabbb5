using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers;

/// <summary>
/// How llama.cpp looks for special tokens (llama-vocab.cpp, tokenizer_st_partition): the token of the most bytes first, over the whole text,
/// then the next in what is left. Where tokens overlap, this differs from taking the longest at the leftmost place.
/// </summary>
internal sealed class LongestFirstSearch
{
    readonly Trie all = new(64);
    readonly Trie plain = new(16);

    public void Add(AddedToken token)
    {
        var points = CodePoints.FromString(token.Content);
        if (all.Longest(points, 0, out _) == points.Length) return;
        all.Add(points, token.Id);
        if (!token.Special) plain.Add(points, token.Id);
    }

    /// <summary>The tokens of a text, (id, start, end), from left to right.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Special tokens are looked for as well as plain ones.</param>
    public List<(int Id, int Start, int End)> Find(ReadOnlySpan<int> text, bool parseSpecial)
    {
        var trie = parseSpecial ? all : plain;
        var found = new List<(int Id, int Start, int End)>();
        if (trie.IsEmpty) return found;
        // Each place with the longest token that is still possible there, by the token's bytes.
        var waiting = new SortedDictionary<int, List<(int Id, int Start, int Length)>>(Comparer<int>.Create(static (a, b) => b.CompareTo(a)));
        for (int at = 0; at < text.Length; at++) Consider(text, at, text.Length - at);
        var taken = new bool[waiting.Count == 0 ? 0 : text.Length];
        while (waiting.Count > 0)
        {
            var (bytes, places) = waiting.First();
            waiting.Remove(bytes);
            places.Sort();
            foreach (var (id, start, length) in places)
            {
                // What was taken before is at least as long, so it covers an end of what it touches.
                if (taken[start]) continue;
                if (taken[start + length - 1])
                {
                    Consider(text, start, length - 1);
                    continue;
                }
                taken.AsSpan(start, length).Fill(true);
                found.Add((id, start, start + length));
            }
        }
        found.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        return found;

        void Consider(ReadOnlySpan<int> text, int at, int most)
        {
            int length = trie.Longest(text.Slice(at, most), 0, out int id);
            if (length == 0) return;
            int bytes = 0;
            foreach (int c in text.Slice(at, length)) bytes += CodePoints.Utf8Length(c);
            if (!waiting.TryGetValue(bytes, out var places)) waiting[bytes] = places = [];
            places.Add((id, at, length));
        }
    }
}
