namespace Sensorium.Text.Tokenizers.Models;

/// <summary>A trie over code points (or bytes) with an integer at each word's end.</summary>
internal sealed class Trie
{
    /// <summary>The node at which every walk begins.</summary>
    public const int Root = 0;

    const int MaxNodes = 4_000_000;

    readonly PairTable edges;
    readonly List<int> values = [-1];
    readonly bool[] firstAscii = new bool[128];

    /// <param name="expectedNodes">A guess at the number of nodes.</param>
    public Trie(int expectedNodes) => edges = new(expectedNodes);

    /// <summary>Length of the longest word.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether there is no word.</summary>
    public bool IsEmpty => values.Count == 1;

    /// <summary>Adds a word; a word that is there already gets the new value.</summary>
    public void Add(ReadOnlySpan<int> word, int value)
    {
        if (word.Length == 0) return;
        int node = Root;
        foreach (int c in word)
        {
            int next = edges.Get(Key(node, c));
            if (next < 0)
            {
                next = values.Count;
                if (next >= MaxNodes) throw new TokenizerException("tokenizer", "vocabulary", $"its words spell more than {MaxNodes} characters; no tokenizer is so big");
                edges.TryAdd(Key(node, c), next);
                values.Add(-1);
            }
            node = next;
        }
        values[node] = value;
        Depth = Math.Max(Depth, word.Length);
        if (word[0] < 128) firstAscii[word[0]] = true;
    }

    static ulong Key(int node, int c) => (ulong)(uint)node << 21 | (uint)c;

    /// <summary>The node one step on; -1 when no word goes on that way.</summary>
    public int Step(int node, int c) => node == Root && (uint)c < 128 && !firstAscii[c] ? -1 : edges.Get(Key(node, c));

    /// <summary>The value of the word that ends at a node; -1 when none does.</summary>
    public int Value(int node) => values[node];

    /// <summary>Length of the longest word at a position (0: none) and its value.</summary>
    public int Longest(ReadOnlySpan<int> text, int at, out int value)
    {
        int length = 0, node = Root;
        value = -1;
        for (int i = at; i < text.Length; i++)
        {
            node = Step(node, text[i]);
            if (node < 0) break;
            if (values[node] < 0) continue;
            value = values[node];
            length = i + 1 - at;
        }
        return length;
    }
}
