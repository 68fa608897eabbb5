using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Tokens and their ids, both ways. Tokens are kept as UTF-8, end to end: opening a vocabulary makes no string a token.</summary>
internal sealed class Vocabulary
{
    const int MaxShort = 7;

    // Another one in every process, so that no file can be made whose tokens all fall on one place.
    static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    readonly byte[] pool;
    readonly (int Start, int Length)[] places;
    // Most tokens are short: they are their own keys, and looking one up touches one place in memory instead of three.
    readonly PairTable shorts;
    readonly int[] slots;
    readonly string?[] texts;

    Vocabulary(byte[] pool, (int Start, int Length)[] places, PairTable shorts, int[] slots, int count)
    {
        this.shorts = shorts;
        this.pool = pool;
        this.places = places;
        this.slots = slots;
        texts = new string?[places.Length];
        Count = count;
    }

    /// <summary>One past the highest id.</summary>
    public int Size => places.Length;

    /// <summary>Number of distinct tokens.</summary>
    public int Count { get; }

    /// <summary>From a list in the order of ids; of tokens that occur twice the later (or, if told, the first) id counts.</summary>
    public static Vocabulary FromList(IReadOnlyList<string> list, bool firstWins = false)
    {
        var builder = new VocabularyBuilder(list.Count);
        for (int id = 0; id < list.Count; id++)
        {
            if (list is TextList texts) builder.Add(texts.Utf8(id), id);
            else builder.Add(list[id], id);
        }
        return builder.Build(firstWins ? Repeats.FirstCounts : Repeats.LastCounts, "", "");
    }

    /// <summary>From texts and their places by id (length -1: no token), for the builder.</summary>
    /// <param name="pool">UTF-8 texts.</param>
    /// <param name="places">Where each id's text is.</param>
    /// <param name="order">Ids in the order of the file.</param>
    /// <param name="repeats">What a text that occurs twice means.</param>
    /// <param name="repeated">The first id whose text had occurred before, or -1.</param>
    public static Vocabulary Of(byte[] pool, (int Start, int Length)[] places, ReadOnlySpan<int> order, Repeats repeats, out int repeated)
    {
        int longer = 0;
        foreach (int id in order) longer += places[id].Length > MaxShort ? 1 : 0;
        var brief = new PairTable(order.Length - longer);
        var table = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, longer * 2))];
        repeated = -1;
        int count = 0;
        foreach (int id in order)
        {
            var text = Text(pool, places[id]);
            int slot = text.Length > MaxShort ? Find(pool, places, table, text) : -1;
            if (slot >= 0 ? table[slot] == 0 : brief.TryAdd(Key(text), id)) count++;
            else
            {
                if (repeated < 0) repeated = id;
                if (repeats == Repeats.FirstCounts) continue;
                if (slot < 0) brief.Replace(Key(text), id);
            }
            if (slot >= 0) table[slot] = id + 1;
        }
        return new(pool, places, brief, table, count);
    }

    // The bytes, and their number in the highest.
    static ulong Key(ReadOnlySpan<byte> text)
    {
        ulong key = (ulong)text.Length << 56;
        if (text.Length >= 4) return key | MemoryMarshal.Read<uint>(text) | (ulong)MemoryMarshal.Read<uint>(text[^4..]) << 8 * (text.Length - 4);
        for (int i = 0; i < text.Length; i++) key |= (ulong)text[i] << 8 * i;
        return key;
    }

    /// <summary>A token as it may stand in a message.</summary>
    public static string Shorten(string token) => token.Length <= 40 ? token : token[..40] + "…";

    /// <summary>A token as it may stand in a message.</summary>
    public static string Shorten(ReadOnlySpan<byte> token) => Shorten(Encoding.UTF8.GetString(token[..Math.Min(token.Length, 200)]));

    static ReadOnlySpan<byte> Text(byte[] pool, (int Start, int Length) place) => pool.AsSpan(place.Start, place.Length);

    static ulong Hash(ReadOnlySpan<byte> text)
    {
        ulong h = Seed * (uint)(text.Length + 1);
        while (text.Length >= 8)
        {
            h = BitOperations.RotateLeft((h ^ MemoryMarshal.Read<ulong>(text)) * 0x9E3779B97F4A7C15UL, 29) * Seed;
            text = text[8..];
        }
        ulong rest = 0;
        if (text.Length >= 4) rest = MemoryMarshal.Read<uint>(text) | (ulong)MemoryMarshal.Read<uint>(text[^4..]) << 32;
        else if (text.Length > 0) rest = text[0] | (ulong)text[text.Length / 2] << 8 | (ulong)text[^1] << 16;
        h = (h ^ rest) * 0x9E3779B97F4A7C15UL;
        return (h ^ h >> 32) * Seed;
    }

    static int Find(byte[] pool, (int Start, int Length)[] places, int[] slots, ReadOnlySpan<byte> text)
    {
        int mask = slots.Length - 1;
        for (int i = (int)(Hash(text) >> 32) & mask; ; i = i + 1 & mask)
        {
            if (slots[i] == 0 || Text(pool, places[slots[i] - 1]).SequenceEqual(text)) return i;
        }
    }

    /// <summary>The id of a token; -1 when it is not there.</summary>
    public int IdOf(ReadOnlySpan<byte> token) => token.Length <= MaxShort ? shorts.Get(Key(token)) : slots[Find(pool, places, slots, token)] - 1;

    /// <summary>The id of a token; -1 when it is not there.</summary>
    public int IdOf(string token) => IdOf(token.AsSpan());

    /// <summary>The id of a token; -1 when it is not there.</summary>
    public int IdOf(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = token.Length <= 256 ? stackalloc byte[768] : new byte[Encoding.UTF8.GetMaxByteCount(token.Length)];
        Utf8.FromUtf16(token, bytes, out _, out int written);
        return IdOf(bytes[..written]);
    }

    /// <summary>
    /// Whether the visible space ▁ is a token and only ever begins tokens: then no merge goes over the place before one, and a text may be cut
    /// there without changing what becomes of it.
    /// </summary>
    public bool BeginsWithMarks()
    {
        var mark = "▁"u8;
        if (IdOf(mark) < 0) return false;
        for (int id = 0; id < Size; id++)
        {
            var token = BytesOf(id);
            while (token.StartsWith(mark)) token = token[mark.Length..];
            if (token.IndexOf(mark) >= 0) return false;
        }
        return true;
    }

    /// <summary>The token of an id; null when there is none.</summary>
    public string? TokenOf(int id) => Has(id) ? texts[id] ??= Encoding.UTF8.GetString(Text(pool, places[id])) : null;

    /// <summary>Whether an id has a token.</summary>
    public bool Has(int id) => (uint)id < (uint)places.Length && places[id].Length >= 0;

    /// <summary>The UTF-8 of an id's token; empty when there is none.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => Has(id) ? Text(pool, places[id]) : default;

    /// <summary>Every token and its id; of tokens that occur twice the id that counts.</summary>
    public IEnumerable<KeyValuePair<string, int>> Pairs
    {
        get
        {
            for (int id = 0; id < Size; id++)
            {
                if (Has(id) && IdOf(BytesOf(id)) == id) yield return new(TokenOf(id)!, id);
            }
        }
    }
}
