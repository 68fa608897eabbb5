using System.Runtime.InteropServices;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>The words of a corpus and how often they occur, in bounded memory: when there are too many distinct ones, the rarest are forgotten.</summary>
internal sealed class WordCounts(int most)
{
    readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>The counts; no longer to be added to.</summary>
    public Dictionary<string, long> All => counts;

    public void Add(ReadOnlySpan<char> word)
    {
        ref long count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts.GetAlternateLookup<ReadOnlySpan<char>>(), word, out bool known);
        count++;
        if (!known && counts.Count > most) Forget();
    }

    // Down to half, so that this is done seldom. Which words go depends on their counts alone, never on their order.
    void Forget()
    {
        for (long rare = 1; counts.Count > most / 2; rare++)
        {
            foreach (var (word, count) in counts)
            {
                if (count <= rare) counts.Remove(word);
            }
        }
    }
}
