namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Merges as files spell them, in the order of their ranks; read as spans, since a vocabulary has hundreds of thousands.</summary>
internal sealed class MergeList(int capacity)
{
    readonly List<string> texts = new(capacity);
    readonly List<int> cuts = new(capacity);

    public int Count => texts.Count;

    /// <summary>Adds two tokens that stand in one text with a character between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cut">Where that character is.</param>
    public void Add(string text, int cut)
    {
        texts.Add(text);
        cuts.Add(cut);
    }

    /// <summary>Adds two tokens.</summary>
    public void Add(string left, string right) => Add($"{left} {right}", left.Length);

    public ReadOnlySpan<char> Left(int rank) => texts[rank].AsSpan(0, cuts[rank]);

    public ReadOnlySpan<char> Right(int rank) => texts[rank].AsSpan(cuts[rank] + 1);
}
