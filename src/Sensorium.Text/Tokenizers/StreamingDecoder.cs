using Sensorium.Text.Tokenizers.Decoders;

namespace Sensorium.Text.Tokenizers;

/// <summary>
/// Turns ids that come one by one into text that is safe to show: never half a code point, nothing that a later token would change.
/// All that it gives, the flush at the end included, is exactly what decoding the ids at once gives. For one thread.
/// </summary>
public sealed class StreamingDecoder
{
    readonly Tokenizer tokenizer;
    readonly bool skipSpecialTokens;
    readonly OutputSink output = new();
    readonly ITextSink chain;
    bool ended;

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens, bool? cleanUp)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
        chain = tokenizer.StartDecoding(output, cleanUp);
    }

    /// <summary>Takes the next id and returns the text that has become certain; often empty.</summary>
    public string Append(int id)
    {
        Push(id);
        return Take();
    }

    /// <summary>Returns what was held back; no id may follow.</summary>
    public string Flush()
    {
        End();
        return Take();
    }

    internal void Push(int id)
    {
        if (ended) throw new InvalidOperationException("The decoder has been flushed; make another for the next text.");
        if (tokenizer.DecodingOf(id, skipSpecialTokens) is { } token) chain.Text(token, true, true);
    }

    internal void End()
    {
        if (ended) return;
        ended = true;
        chain.Finish();
    }

    internal string Take() => output.Take();
}
