namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Tokens and their ids, both ways.</summary>
internal sealed class Vocabulary
{
    readonly Dictionary<string, int> ids;
    readonly string?[] tokens;

    Vocabulary(Dictionary<string, int> ids, string?[] tokens)
    {
        this.ids = ids;
        this.tokens = tokens;
    }

    /// <summary>One past the highest id.</summary>
    public int Size => tokens.Length;

    /// <summary>Number of distinct tokens.</summary>
    public int Count => ids.Count;

    /// <summary>From a list in the order of ids; of tokens that occur twice the later (or, if told, the first) id counts.</summary>
    public static Vocabulary FromList(IReadOnlyList<string> list, bool firstWins = false)
    {
        var byToken = new Dictionary<string, int>(list.Count, StringComparer.Ordinal);
        var byId = new string?[list.Count];
        for (int i = 0; i < byId.Length; i++)
        {
            byId[i] = list[i];
            if (firstWins) byToken.TryAdd(list[i], i);
            else byToken[list[i]] = i;
        }
        return new(byToken, byId);
    }

    /// <summary>From pairs of token and id.</summary>
    /// <exception cref="TokenizerException">An id occurs twice, is negative or far beyond the number of tokens.</exception>
    public static Vocabulary FromPairs(Dictionary<string, int> pairs, string file, string key)
    {
        int max = -1;
        foreach (var (token, id) in pairs)
        {
            if (id < 0) throw new TokenizerException(file, key, $"token '{Shorten(token)}' has the negative id {id}");
            max = Math.Max(max, id);
        }
        long limit = pairs.Count * 4L + 1_000_000;
        if (max >= limit) throw new TokenizerException(file, key, $"the highest id is {max}, but there are only {pairs.Count} tokens");
        var byId = new string?[max + 1];
        foreach (var (token, id) in pairs)
        {
            if (byId[id] is { } other) throw new TokenizerException(file, key, $"id {id} belongs to both '{Shorten(other)}' and '{Shorten(token)}'");
            byId[id] = token;
        }
        return new(pairs, byId);
    }

    /// <summary>A token as it may stand in a message.</summary>
    public static string Shorten(string token) => token.Length <= 40 ? token : token[..40] + "…";

    /// <summary>The id of a token; -1 when it is not there.</summary>
    public int IdOf(string token) => ids.TryGetValue(token, out int id) ? id : -1;

    /// <summary>The id of a token; -1 when it is not there.</summary>
    public int IdOf(ReadOnlySpan<char> token) => ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out int id) ? id : -1;

    /// <summary>The token of an id; null when there is none.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    public IEnumerable<KeyValuePair<string, int>> Pairs => ids;
}
