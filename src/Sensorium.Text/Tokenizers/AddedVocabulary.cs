using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers;

/// <summary>The added tokens, and how a text falls apart into them and what lies between.</summary>
internal sealed class AddedVocabulary
{
    const int MaxContent = 256;

    readonly Dictionary<int, AddedToken> byId = [];
    readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    readonly Dictionary<int, string> spellings = [];
    readonly HashSet<string> specials = new(StringComparer.Ordinal);
    readonly Trie raw = new(64);
    readonly Trie normalized = new(16);
    readonly LongestFirstSearch? search;

    public AddedVocabulary(IEnumerable<AddedToken> tokens, Normalizer? normalizer, bool find, bool longestFirst, string file)
    {
        search = longestFirst ? new() : null;
        foreach (var token in tokens)
        {
            if (token.Content.Length == 0) continue;
            if (token.Content.Length > MaxContent) throw new TokenizerException(file, "added_tokens", $"the token '{Vocabulary.Shorten(token.Content)}' has more than {MaxContent} characters");
            byId[token.Id] = token;
            ids[token.Content] = token.Id;
            if (token.Special) specials.Add(token.Content);
            if (!find) continue;
            if (search is not null) search.Add(token);
            else if (!token.Normalized) raw.Add(CodePoints.FromString(token.Content), token.Id);
            else
            {
                var text = new NormalizedText(CodePoints.FromString(token.Content), 0);
                normalizer?.Apply(text);
                normalized.Add(text.Chars, token.Id);
                spellings[token.Id] = CodePoints.ToText(text.Chars);
            }
        }
    }

    public IReadOnlyDictionary<int, AddedToken> Tokens => byId;

    public int IdOf(string content) => ids.GetValueOrDefault(content, -1);

    public AddedToken? Find(int id) => byId.GetValueOrDefault(id);

    /// <summary>What a token decodes to: normalized as it was when it was found; null when it is no added token.</summary>
    public string? SpellingOf(int id) => spellings.TryGetValue(id, out string? spelling) ? spelling : Find(id)?.Content;

    /// <summary>Whether decoding without special tokens leaves a spelling out.</summary>
    public bool IsSpecialSpelling(string spelling) => specials.Contains(spelling);

    public bool IsSpecial(int id) => byId.TryGetValue(id, out var token) && token.Special;

    /// <summary>Cuts a text as given: (id, start, end), id -1 for what is no added token.</summary>
    public List<(int Id, int Start, int End)> SplitRaw(ReadOnlySpan<int> text, bool parseSpecial) =>
        search is null ? Split(raw, text, parseSpecial) : Between(search.Find(text, parseSpecial), text.Length);

    static List<(int Id, int Start, int End)> Between(List<(int Id, int Start, int End)> tokens, int length)
    {
        var parts = new List<(int Id, int Start, int End)>(tokens.Count * 2 + 1);
        int done = 0;
        foreach (var token in tokens)
        {
            if (done < token.Start) parts.Add((-1, done, token.Start));
            parts.Add(token);
            done = token.End;
        }
        if (done < length) parts.Add((-1, done, length));
        return parts;
    }

    /// <summary>Cuts a normalized text.</summary>
    public List<(int Id, int Start, int End)> SplitNormalized(ReadOnlySpan<int> text, bool parseSpecial) => Split(normalized, text, parseSpecial);

    List<(int Id, int Start, int End)> Split(Trie trie, ReadOnlySpan<int> text, bool parseSpecial)
    {
        var parts = new List<(int Id, int Start, int End)>();
        int done = 0;
        if (!trie.IsEmpty)
        {
            for (int at = 0; at < text.Length;)
            {
                int length = trie.Longest(text, at, out int id);
                if (length == 0)
                {
                    at++;
                    continue;
                }
                int start = at, end = at + length;
                at = end;
                var token = byId[id];
                if (token.Special && !parseSpecial) continue;
                if (token.SingleWord && (start > 0 && CharClass.IsWord(text[start - 1]) || end < text.Length && CharClass.IsWord(text[end]))) continue;
                if (token.LeftStrip)
                {
                    while (start > done && CharClass.IsWhiteSpace(text[start - 1])) start--;
                }
                if (token.RightStrip)
                {
                    while (end < text.Length && CharClass.IsWhiteSpace(text[end])) end++;
                    at = end;
                }
                if (done < start) parts.Add((-1, done, start));
                parts.Add((id, Math.Max(start, done), end));
                done = end;
            }
        }
        if (done < text.Length) parts.Add((-1, done, text.Length));
        return parts;
    }
}
