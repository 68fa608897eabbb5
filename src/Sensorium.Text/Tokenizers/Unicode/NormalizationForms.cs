namespace Sensorium.Text.Tokenizers.Unicode;

/// <summary>One code point of a transformed text and what it does to the one it came from: 0 replaces one, 1 is added, -n replaces one and removes the n after it.</summary>
internal readonly record struct Change(int Char, int Delta);

/// <summary>Unicode normalization forms over code points (UAX 15), with the trail of changes that offsets need. The platform's own normalization does nothing in invariant globalization, hence these tables.</summary>
internal static class NormalizationForms
{
    const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    static readonly Dictionary<ulong, int> Pairs = BuildPairs();
    static readonly byte[] Classes = BuildClasses();
    static readonly Dictionary<int, int> CanonicalIndex = BuildIndex(NormalizationTables.CanonicalKeys);
    static readonly Dictionary<int, int> CompatibilityIndex = BuildIndex(NormalizationTables.CompatibilityKeys);

    static Dictionary<ulong, int> BuildPairs()
    {
        var table = NormalizationTables.Compositions;
        var pairs = new Dictionary<ulong, int>(table.Length / 3);
        for (int i = 0; i < table.Length; i += 3) pairs[(ulong)table[i] << 32 | (uint)table[i + 1]] = table[i + 2];
        return pairs;
    }

    static byte[] BuildClasses()
    {
        var classes = new byte[0x1F000];
        var table = NormalizationTables.CombiningClasses;
        for (int i = 0; i < table.Length; i += 3)
        {
            for (int c = table[i]; c <= table[i + 1]; c++) classes[c] = (byte)table[i + 2];
        }
        return classes;
    }

    static Dictionary<int, int> BuildIndex(ReadOnlySpan<int> keys)
    {
        var index = new Dictionary<int, int>(keys.Length);
        for (int i = 0; i < keys.Length; i++) index[keys[i]] = i;
        return index;
    }

    /// <summary>Canonical combining class.</summary>
    public static int CombiningClass(int c) => c < 0x300 || c >= Classes.Length ? 0 : Classes[c];

    static ReadOnlySpan<int> Decomposition(int c, bool compatibility)
    {
        if (compatibility && CompatibilityIndex.TryGetValue(c, out int k))
        {
            return NormalizationTables.CompatibilityPool[NormalizationTables.CompatibilityOffsets[k]..NormalizationTables.CompatibilityOffsets[k + 1]];
        }
        return CanonicalIndex.TryGetValue(c, out k)
            ? NormalizationTables.CanonicalPool[NormalizationTables.CanonicalOffsets[k]..NormalizationTables.CanonicalOffsets[k + 1]]
            : [];
    }

    static int Compose(int a, int b)
    {
        if (a is >= LBase and < LBase + LCount && b is >= VBase and < VBase + VCount)
        {
            return SBase + ((a - LBase) * VCount + (b - VBase)) * TCount;
        }
        if (a is >= SBase and < SBase + LCount * VCount * TCount && (a - SBase) % TCount == 0 && b is > TBase and < TBase + TCount)
        {
            return a + (b - TBase);
        }
        return Pairs.TryGetValue((ulong)a << 32 | (uint)b, out int c) ? c : -1;
    }

    /// <summary>Whether the text is the same in every form, by its code points all being below the first that changes.</summary>
    public static bool IsTrivial(ReadOnlySpan<int> text, bool compose, bool compatibility)
    {
        int limit = compatibility ? 0xA0 : compose ? 0x300 : 0xC0;
        foreach (int c in text)
        {
            if (c >= limit) return false;
        }
        return true;
    }

    /// <summary>NFD or NFKD.</summary>
    public static List<Change> Decompose(ReadOnlySpan<int> text, bool compatibility)
    {
        var result = new List<Change>(text.Length + 16);
        int starter = 0;
        foreach (int c in text)
        {
            if (c < 0xA0) Add(c, 0);
            else if (c is >= SBase and < SBase + LCount * VCount * TCount)
            {
                int s = c - SBase;
                Add(LBase + s / (VCount * TCount), 0);
                Add(VBase + s % (VCount * TCount) / TCount, 1);
                if (s % TCount != 0) Add(TBase + s % TCount, 1);
            }
            else
            {
                var parts = Decomposition(c, compatibility);
                if (parts.Length == 0) Add(c, 0);
                for (int i = 0; i < parts.Length; i++) Add(parts[i], i == 0 ? 0 : 1);
            }
        }
        Sort(result, starter);
        return result;

        void Add(int c, int delta)
        {
            if (CombiningClass(c) == 0)
            {
                Sort(result, starter);
                starter = result.Count + 1;
            }
            result.Add(new(c, delta));
        }
    }

    // Stable, and n log n: a text may be a megabyte of combining marks.
    static void Sort(List<Change> list, int from)
    {
        int n = list.Count - from;
        if (n < 2) return;
        bool sorted = true;
        for (int i = from + 1; i < list.Count && sorted; i++) sorted = CombiningClass(list[i - 1].Char) <= CombiningClass(list[i].Char);
        if (sorted) return;
        var run = list.GetRange(from, n).OrderBy(x => CombiningClass(x.Char)).ToList();
        for (int i = 0; i < n; i++) list[from + i] = run[i];
    }

    /// <summary>NFC or NFKC.</summary>
    public static List<Change> Recompose(ReadOnlySpan<int> text, bool compatibility)
    {
        var parts = Decompose(text, compatibility);
        var result = new List<Change>(parts.Count);
        int starter = -1, lastClass = -1;
        foreach (var (c, delta) in parts)
        {
            int ccc = CombiningClass(c);
            if (starter >= 0 && (lastClass < 0 || lastClass < ccc))
            {
                int composed = Compose(result[starter].Char, c);
                if (composed >= 0)
                {
                    result[starter] = new(composed, result[starter].Delta + delta - 1);
                    continue;
                }
            }
            if (ccc == 0)
            {
                starter = result.Count;
                lastClass = -1;
            }
            else lastClass = ccc;
            result.Add(new(c, delta));
        }
        return result;
    }
}
