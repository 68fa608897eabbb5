using System.Globalization;
using System.Text;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Normalizers;

/// <summary>SentencePiece's compiled character map: a double-array trie over UTF-8, and the zero-terminated replacements it points to.</summary>
internal sealed class CharsMap
{
    readonly uint[] units;
    readonly byte[] replacements;

    /// <exception cref="TokenizerException">The lengths do not fit.</exception>
    public CharsMap(ReadOnlySpan<byte> blob, string file, string key)
    {
        if (blob.Length < 4) throw new TokenizerException(file, key, $"the character map has {blob.Length} bytes; it begins with a length of 4");
        uint size = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size % 4 != 0 || size > (uint)(blob.Length - 4)) throw new TokenizerException(file, key, $"the character map says its trie has {size} bytes, but {blob.Length - 4} follow");
        units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++) units[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + i * 4)..]);
        replacements = blob[(4 + (int)size)..].ToArray();
    }

    static uint Base(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);

    /// <summary>Longest key that begins the bytes (0: none), and its replacement.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> replacement) => Find(bytes, true, out replacement);

    /// <summary>Shortest key that begins the bytes (0: none), and its replacement, as the tokenizers library takes it.</summary>
    public int ShortestPrefix(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> replacement) => Find(bytes, false, out replacement);

    int Find(ReadOnlySpan<byte> bytes, bool longest, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        if (units.Length == 0) return 0;
        int found = 0;
        uint node = Base(units[0]);
        for (int i = 0; i < bytes.Length && bytes[i] != 0; i++)
        {
            node ^= bytes[i];
            if (node >= (uint)units.Length) break;
            uint unit = units[node];
            if ((unit & (1u << 31 | 0xFF)) != bytes[i]) break;
            node ^= Base(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (node >= (uint)units.Length) break;
            uint at = units[node] & 0x7FFFFFFF;
            if (at >= (uint)replacements.Length) break;
            var rest = replacements.AsSpan((int)at);
            int end = rest.IndexOf((byte)0);
            replacement = end < 0 ? rest : rest[..end];
            found = i + 1;
            if (!longest) break;
        }
        return found;
    }
}

/// <summary>The character map as the tokenizers library applies it: by grapheme clusters under 6 bytes, else by code points.</summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        if (text.Length == 0) return;
        string chars = CodePoints.ToText(text.Chars);
        var changes = new List<Change>(text.Length);
        bool modified = false;
        Span<byte> bytes = stackalloc byte[16];
        int at = 0;
        for (int i = 0; i < chars.Length;)
        {
            // A run of marks is one grapheme of any length: only its first units decide.
            int units = Grapheme(chars, i);
            int points = CountPoints(chars.AsSpan(i, units));
            var cluster = text.Chars.Slice(at, points);
            int size = 0;
            if (units <= 6) foreach (int c in cluster) size += CodePoints.Utf8Length(c);
            if (units <= 6 && size < 6 && TryMap(cluster, bytes, changes)) modified = true;
            else
            {
                for (int k = 0; k < points; k++)
                {
                    if (TryMap(cluster.Slice(k, 1), bytes, changes)) modified = true;
                    else changes.Add(new(cluster[k], 0));
                }
            }
            i += units;
            at += points;
            text.CheckLength(changes.Count);
        }
        if (modified) text.Transform(changes);
    }

    static int Grapheme(string text, int at)
    {
        char c = text[at];
        // Two ASCII characters never form a cluster, CR LF apart.
        if (c < 0x80 && c != '\r' && (at + 1 == text.Length || text[at + 1] < 0x80)) return 1;
        return StringInfo.GetNextTextElementLength(text.AsSpan(at));
    }

    static int CountPoints(ReadOnlySpan<char> text)
    {
        int n = 0;
        foreach (char c in text)
        {
            if (!char.IsLowSurrogate(c)) n++;
        }
        return n;
    }

    bool TryMap(ReadOnlySpan<int> part, Span<byte> bytes, List<Change> changes)
    {
        int size = 0;
        foreach (int c in part) size += CodePoints.ToUtf8(c, bytes[size..]);
        if (map.ShortestPrefix(bytes[..size], out var replacement) == 0) return false;
        var points = CodePoints.FromString(Encoding.UTF8.GetString(replacement));
        int first = changes.Count;
        foreach (int c in points) changes.Add(new(c, 0));
        int grown = points.Length - part.Length;
        for (int k = 0; k < grown; k++) changes[^(k + 1)] = changes[^(k + 1)] with { Delta = 1 };
        if (grown < 0 && changes.Count > 0) changes[^1] = changes[^1] with { Delta = changes[^1].Delta + grown };
        return changes.Count >= first;
    }
}
