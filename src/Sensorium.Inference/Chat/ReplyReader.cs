using Sensorium.Text.Tokenizers;

namespace Sensorium.Inference;

/// <summary>
/// Turns an answer's tokens into text that may be shown: never half a character, and nothing of a stop string, also where
/// that straddles tokens. For one answer.
/// </summary>
public sealed class ReplyReader
{
    readonly StreamingDecoder decoder;
    readonly string[] stops;
    readonly int longest;
    string held = "";

    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="stops">Strings that end the answer and are not part of it.</param>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public ReplyReader(Tokenizer tokenizer, IEnumerable<string>? stops = null)
    {
        decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
        this.stops = [.. stops ?? []];
        if (this.stops.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("a stop string is empty", nameof(stops));
        }

        longest = this.stops.Length == 0 ? 0 : this.stops.Max(s => s.Length);
    }

    /// <summary>A stop string was met: the answer has ended.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next token and gives the text that is certain now.</summary>
    public string Append(int id) => Take(decoder.Append(id), atEnd: false);

    /// <summary>The rest, when no token follows.</summary>
    public string Flush() => Take(decoder.Flush(), atEnd: true);

    string Take(string text, bool atEnd)
    {
        if (Stopped)
        {
            return "";
        }

        if (longest == 0)
        {
            return text;
        }

        held += text;
        int end = FirstStop();
        if (end >= 0)
        {
            Stopped = true;
            string before = held[..end];
            held = "";
            return before;
        }

        int keep = atEnd ? 0 : MayBegin();
        string certain = held[..^keep];
        held = held[^keep..];
        return certain;
    }

    int FirstStop()
    {
        int first = -1;
        foreach (string stop in stops)
        {
            int at = held.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first))
            {
                first = at;
            }
        }

        return first;
    }

    /// <summary>How many of the last characters may be the beginning of a stop string.</summary>
    int MayBegin()
    {
        for (int length = Math.Min(held.Length, longest - 1); length > 0; length--)
        {
            ReadOnlySpan<char> tail = held.AsSpan(held.Length - length);
            foreach (string stop in stops)
            {
                if (stop.Length > length && stop.AsSpan().StartsWith(tail, StringComparison.Ordinal))
                {
                    return length;
                }
            }
        }

        return 0;
    }
}
