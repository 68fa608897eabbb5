using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>Learns merges from counted words, step for step as the tokenizers library does: the most frequent pair, of equals the one of the lowest ids.</summary>
internal sealed class PairMerger
{
    sealed class Word(long count)
    {
        public long Count { get; } = count;

        public List<(int Id, int Length)> Symbols { get; } = [];
    }

    readonly record struct Pair(int First, int Second);

    // Most frequent first, then the lowest ids; the heap's entries carry the words in which the pair was seen.
    sealed class Order : IComparer<(long Count, Pair Pair)>
    {
        public static readonly Order Instance = new();

        public int Compare((long Count, Pair Pair) x, (long Count, Pair Pair) y) =>
            x.Count != y.Count ? y.Count.CompareTo(x.Count)
            : x.Pair.First != y.Pair.First ? x.Pair.First.CompareTo(y.Pair.First)
            : x.Pair.Second.CompareTo(y.Pair.Second);
    }

    readonly TrainingOptions options;
    readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    readonly List<string> tokens = [];
    readonly List<(string Left, string Right)> merges = [];
    readonly Dictionary<Pair, long> counts = [];
    readonly PriorityQueue<(long Count, Pair Pair, HashSet<int> Words), (long Count, Pair Pair)> queue = new(Order.Instance);
    readonly List<Word> words = [];
    Dictionary<Pair, HashSet<int>> seen = [];

    public PairMerger(TrainingOptions options, Dictionary<string, long> wordCounts)
    {
        this.options = options;
        foreach (string token in options.SpecialTokens) IdOf(token);
        var alphabet = Alphabet(wordCounts);
        foreach (int c in alphabet) IdOf(CodePoints.ToText([c]));
        var ordered = wordCounts.OrderBy(w => w.Key, StringComparer.Ordinal).ToList();
        AddContinuing(ordered, alphabet);
        foreach (var (word, count) in ordered) AddWord(word, count, alphabet);
    }

    public IReadOnlyList<string> Tokens => tokens;

    public IReadOnlyList<(string Left, string Right)> Merges => merges;

    int IdOf(string token)
    {
        if (ids.TryGetValue(token, out int id)) return id;
        ids[token] = tokens.Count;
        tokens.Add(token);
        return tokens.Count - 1;
    }

    SortedSet<int> Alphabet(Dictionary<string, long> wordCounts)
    {
        var frequency = new Dictionary<int, long>();
        foreach (var (word, count) in wordCounts)
        {
            foreach (int c in CodePoints.FromString(word)) frequency[c] = frequency.GetValueOrDefault(c) + count;
        }
        foreach (int c in options.InitialAlphabet) frequency[c] = long.MaxValue;
        var kept = frequency.OrderByDescending(f => f.Value).ThenBy(f => f.Key).Select(f => f.Key);
        return [.. options.LimitAlphabet is { } limit ? kept.Take(limit) : kept];
    }

    string Marked(int c, bool first, bool last) => (first ? "" : options.ContinuingPrefix) + CodePoints.ToText([c]) + (last ? options.EndOfWordSuffix : "");

    // The marked characters get their ids by code point; the library numbers them in the order of a hash map.
    void AddContinuing(List<KeyValuePair<string, long>> ordered, SortedSet<int> alphabet)
    {
        if (options.ContinuingPrefix.Length + options.EndOfWordSuffix.Length == 0) return;
        bool suffixed = options.EndOfWordSuffix.Length > 0;
        var marked = new SortedSet<(int Kind, int Char)>();
        foreach (var (word, _) in ordered)
        {
            var points = CodePoints.FromString(word);
            for (int i = 0; i < points.Length; i++)
            {
                if (alphabet.Contains(points[i])) marked.Add(((i == 0 ? 0 : 1) + (suffixed && i == points.Length - 1 ? 2 : 0), points[i]));
            }
        }
        foreach (var (kind, c) in marked) IdOf(Marked(c, (kind & 1) == 0, kind >= 2));
    }

    void AddWord(string text, long count, SortedSet<int> alphabet)
    {
        var word = new Word(count);
        var points = CodePoints.FromString(text);
        for (int i = 0; i < points.Length; i++)
        {
            if (alphabet.Contains(points[i])) word.Symbols.Add((IdOf(Marked(points[i], i == 0, i == points.Length - 1)), 1));
        }
        int index = words.Count;
        words.Add(word);
        for (int i = 0; i + 1 < word.Symbols.Count; i++)
        {
            var pair = new Pair(word.Symbols[i].Id, word.Symbols[i + 1].Id);
            counts[pair] = counts.GetValueOrDefault(pair) + count;
            See(pair, index);
        }
    }

    void See(Pair pair, int word)
    {
        if (!seen.TryGetValue(pair, out var where)) seen[pair] = where = [];
        where.Add(word);
    }

    void EnqueueSeen()
    {
        foreach (var (pair, where) in seen)
        {
            long count = counts[pair];
            if (count > 0) queue.Enqueue((count, pair, where), (count, pair));
        }
        seen = [];
    }

    /// <summary>Merges until the vocabulary is full or no pair is frequent enough.</summary>
    public void Run(IProgress<int>? progress, CancellationToken cancellation)
    {
        EnqueueSeen();
        while (ids.Count < options.VocabularySize && queue.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var (count, pair, where) = queue.Dequeue();
            long now = counts[pair];
            if (count != now)
            {
                if (now > 0) queue.Enqueue((now, pair, where), (now, pair));
                continue;
            }
            if (count < 1 || count < options.MinFrequency) break;
            string left = tokens[pair.First], right = tokens[pair.Second];
            string rest = options.ContinuingPrefix.Length > 0 && right.StartsWith(options.ContinuingPrefix, StringComparison.Ordinal) ? right[options.ContinuingPrefix.Length..] : right;
            int id = IdOf(left + rest);
            merges.Add((left, right));
            foreach (int word in where) Merge(word, pair, id);
            EnqueueSeen();
            progress?.Report(ids.Count);
        }
    }

    void Merge(int index, Pair pair, int id)
    {
        var symbols = words[index].Symbols;
        long count = words[index].Count;
        int limit = options.MaxTokenLength ?? int.MaxValue;
        int write = 0;
        for (int read = 0; read < symbols.Count; write++)
        {
            if (symbols[read].Id != pair.First || read + 1 >= symbols.Count || symbols[read + 1].Id != pair.Second)
            {
                symbols[write] = symbols[read++];
                continue;
            }
            int length = symbols[read].Length + symbols[read + 1].Length;
            if (write > 0) Change(symbols[write - 1], (pair.First, 0), (id, length), true);
            read += 2;
            if (read < symbols.Count) Change(symbols[read], (pair.Second, 0), (id, length), false);
            symbols[write] = (id, length);
        }
        symbols.RemoveRange(write, symbols.Count - write);

        void Change((int Id, int Length) neighbour, (int Id, int Length) old, (int Id, int Length) merged, bool before)
        {
            var gone = before ? new Pair(neighbour.Id, old.Id) : new Pair(old.Id, neighbour.Id);
            counts[gone] = counts.GetValueOrDefault(gone) - count;
            if (neighbour.Length + merged.Length >= limit) return;
            var made = before ? new Pair(neighbour.Id, merged.Id) : new Pair(merged.Id, neighbour.Id);
            counts[made] = counts.GetValueOrDefault(made) + count;
            See(made, index);
        }
    }
}
