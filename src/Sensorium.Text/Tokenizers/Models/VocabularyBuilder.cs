using System.Runtime.InteropServices;
using System.Text;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>What a token that occurs twice means.</summary>
internal enum Repeats
{
    /// <summary>The file is wrong.</summary>
    Refused,

    /// <summary>Its first id counts.</summary>
    FirstCounts,

    /// <summary>Its last id counts.</summary>
    LastCounts,
}

/// <summary>Collects tokens and ids in the order of a file.</summary>
internal sealed class VocabularyBuilder(int expected)
{
    readonly List<(int Start, int Length, int Id)> entries = new(expected);
    byte[] pool = new byte[Math.Max(256, expected * 8)];
    int used;

    public int Count => entries.Count;

    public void Add(ReadOnlySpan<byte> token, int id)
    {
        token.CopyTo(Room(token.Length));
        Put(token.Length, id);
    }

    public void Add(string token, int id) => Put(Encoding.UTF8.GetBytes(token, Room(Encoding.UTF8.GetMaxByteCount(token.Length))), id);

    /// <summary>Room for a token that is written in place; then <see cref="Put"/> says how long it is.</summary>
    public Span<byte> Room(int bytes)
    {
        if (pool.Length - used < bytes) Array.Resize(ref pool, checked(Math.Max(pool.Length * 2, used + bytes)));
        return pool.AsSpan(used);
    }

    /// <summary>Keeps what was written to <see cref="Room"/>.</summary>
    public void Put(int length, int id)
    {
        entries.Add((used, length, id));
        used += length;
    }

    /// <summary>Text that was put last, for messages.</summary>
    public ReadOnlySpan<byte> Last => entries.Count == 0 ? default : pool.AsSpan(entries[^1].Start, entries[^1].Length);

    /// <exception cref="TokenizerException">An id is negative, far beyond the number of tokens or occurs twice; or a token does and that is refused.</exception>
    public Vocabulary Build(Repeats repeats, string file, string key)
    {
        int max = -1;
        foreach (var (start, length, id) in entries)
        {
            if (id < 0) throw new TokenizerException(file, key, $"token '{Vocabulary.Shorten(pool.AsSpan(start, length))}' has the negative id {id}");
            max = Math.Max(max, id);
        }
        if (max >= entries.Count * 4L + 1_000_000) throw new TokenizerException(file, key, $"the highest id is {max}, but there are only {entries.Count} tokens");
        var places = new (int Start, int Length)[max + 1];
        Array.Fill(places, (0, -1));
        var order = new int[entries.Count];
        int n = 0;
        foreach (var (start, length, id) in CollectionsMarshal.AsSpan(entries))
        {
            if (places[id].Length >= 0) throw new TokenizerException(file, key, $"id {id} belongs to both '{Vocabulary.Shorten(pool.AsSpan(places[id].Start, places[id].Length))}' and '{Vocabulary.Shorten(pool.AsSpan(start, length))}'");
            places[id] = (start, length);
            order[n++] = id;
        }
        var vocabulary = Vocabulary.Of(pool, places, order, repeats, out int repeated);
        if (repeated >= 0 && repeats == Repeats.Refused) throw new TokenizerException(file, key, $"the token '{Vocabulary.Shorten(vocabulary.BytesOf(repeated))}' occurs twice");
        return vocabulary;
    }
}
