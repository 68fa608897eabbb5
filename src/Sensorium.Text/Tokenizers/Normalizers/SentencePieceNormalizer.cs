using System.Text;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Normalizers;

/// <summary>SentencePiece's normalization (normalizer.cc): the character map by longest match, spaces merged, a dummy prefix, spaces made visible; user-defined symbols stay as they are.</summary>
internal sealed class SentencePieceNormalizer(CharsMap? map, Trie? userDefined, bool removeExtraSpaces, bool addDummyPrefix, bool escapeSpaces, bool spaceAsSuffix = false) : Normalizer
{
    /// <summary>The visible space.</summary>
    public const int Mark = 0x2581;

    public override void Apply(NormalizedText text)
    {
        int space = escapeSpaces ? Mark : ' ';
        var normalized = MapAll(text, out var continues);
        int start = 0, end = normalized.Count;
        if (removeExtraSpaces)
        {
            while (start < end && normalized[start].Char == ' ') start++;
            while (end > start && normalized[end - 1].Char == ' ') end--;
        }
        if (start == end)
        {
            text.Transform([], text.Length);
            return;
        }
        var writer = new NormalizedText.TextWriter(text, end - start + 1);
        for (int i = 0; i < start; i++) Consume(ref writer, normalized[i].Delta);
        if (addDummyPrefix && !spaceAsSuffix)
        {
            // The prefix shares the place of the first character.
            writer.Write(space, 0);
            writer.Write(Visible(normalized[start].Char), 1);
            Consume(ref writer, Math.Min(0, normalized[start].Delta) + 1);
            start++;
        }
        // Spaces at the beginning of what one character became are merged, those inside of it are not.
        bool afterSpace = false, merging = false;
        for (int i = start; i < end; i++)
        {
            var (c, delta) = normalized[i];
            merging = continues[i] ? merging && c == ' ' : afterSpace;
            if (c == ' ' && removeExtraSpaces && merging)
            {
                Consume(ref writer, delta);
                continue;
            }
            writer.Write(Visible(c), delta);
            afterSpace = c == ' ';
        }
        if (addDummyPrefix && spaceAsSuffix) writer.Write(space, 1);
        writer.Finish();

        int Visible(int c) => c == ' ' ? space : c;
    }

    // Passes over what a dropped character stood for.
    static void Consume(ref NormalizedText.TextWriter writer, int delta)
    {
        if (delta <= 0) writer.Skip(1 - delta);
    }

    List<Change> MapAll(NormalizedText text, out List<bool> continues)
    {
        var chars = text.Chars;
        var inside = continues = new List<bool>(chars.Length + 8);
        var changes = new List<Change>(chars.Length + 8);
        var bytes = new byte[chars.Length * 4 + 4];
        var starts = new int[chars.Length + 1];
        int n = 0;
        for (int i = 0; i < chars.Length; i++)
        {
            starts[i] = n;
            n += CodePoints.ToUtf8(chars[i], bytes.AsSpan(n));
        }
        starts[chars.Length] = n;
        int carried = 0;
        for (int i = 0; i < chars.Length;)
        {
            text.CheckLength(changes.Count);
            int symbol = userDefined?.Longest(chars, i, out _) ?? 0;
            if (symbol > 0)
            {
                for (int k = 0; k < symbol; k++) Put(chars[i + k], 0, k > 0);
                i += symbol;
                continue;
            }
            ReadOnlySpan<byte> replacement = default;
            int length = map?.LongestPrefix(bytes.AsSpan(starts[i], n - starts[i]), out replacement) ?? 0;
            if (length == 0)
            {
                Put(chars[i], 0, false);
                i++;
                continue;
            }
            int used = 1;
            while (starts[i + used] - starts[i] < length) used++;
            var points = CodePoints.FromString(Encoding.UTF8.GetString(replacement));
            if (points.Length == 0) carried += used;
            for (int k = 0; k < points.Length; k++) Put(points[k], k == 0 ? 1 - used : 1, k > 0);
            i += used;
        }
        return changes;

        // What became of nothing is taken along by the character before, or by the first one.
        void Put(int c, int delta, bool goesOn)
        {
            if (carried > 0 && changes.Count > 0 && delta <= 0)
            {
                int last = changes.Count - 1;
                while (last > 0 && changes[last].Delta > 0) last--;
                changes[last] = changes[last] with { Delta = changes[last].Delta - carried };
                carried = 0;
            }
            changes.Add(new(c, delta));
            inside.Add(goesOn);
        }
    }
}
