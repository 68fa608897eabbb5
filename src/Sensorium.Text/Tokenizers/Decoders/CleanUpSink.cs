using System.Text;

namespace Sensorium.Text.Tokenizers.Decoders;

/// <summary>
/// Tidies a whole text as it streams. Every rule begins at a space, and only " ' " holds a second one,
/// so a text may be cut before a space that follows neither a space nor an apostrophe.
/// </summary>
internal sealed class CleanUpSink(ITextSink next) : ITextSink
{
    readonly StringBuilder held = new();

    public void Text(string text, bool begins, bool ends)
    {
        held.Append(text);
        for (int i = held.Length - 1; i > 0 && i >= held.Length - text.Length; i--)
        {
            if (held[i] != ' ' || held[i - 1] is ' ' or '\'') continue;
            next.Text(Tidy(held.ToString(0, i)), true, true);
            held.Remove(0, i);
            break;
        }
    }

    public void Finish()
    {
        if (held.Length > 0) next.Text(Tidy(held.ToString()), true, true);
        held.Clear();
        next.Finish();
    }

    /// <summary>The tidying of transformers' clean_up_tokenization.</summary>
    static string Tidy(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);
}
