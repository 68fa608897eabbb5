using System.Text;
using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Decoders;

/// <summary>The decoders that rewrite tokens one by one.</summary>
internal static class TextDecoders
{
    const int MaxToken = 1_000_000;

    /// <summary>Every match of a pattern in a token replaced.</summary>
    public static Decoder Replace(TextPattern pattern, string content) => new MapDecoder((token, _) => ReplaceIn(token, pattern, content));

    public static string ReplaceIn(string token, TextPattern pattern, string content)
    {
        var points = CodePoints.FromString(token);
        var matches = new List<(int Start, int End)>();
        long budget = TextPattern.Budget(points.Length);
        pattern.FindAll(points, matches, ref budget);
        if (matches.Count == 0) return token;
        var builder = new StringBuilder(token.Length);
        int at = 0;
        foreach (var (start, end) in matches)
        {
            CodePoints.Append(builder, points.AsSpan(at, start - at));
            builder.Append(content);
            if (builder.Length > MaxToken) throw new TokenizerException("tokenizer", "decoder", "its replacements make too much of a token");
            at = end;
        }
        CodePoints.Append(builder, points.AsSpan(at));
        return builder.ToString();
    }

    /// <summary>Marks back to spaces; those of the first token are dropped where encoding may have put one there.</summary>
    public static Decoder Metaspace(char mark, PrependScheme scheme) => new MapDecoder((token, i) =>
        i == 0 && scheme != PrependScheme.Never ? token.Replace(mark.ToString(), "", StringComparison.Ordinal) : token.Replace(mark, ' '));

    /// <summary>WordPiece: a space before each token but the first and the continuing ones.</summary>
    public static Decoder WordPiece(string prefix, bool cleanup) => new MapDecoder((token, i) =>
    {
        if (i > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        return cleanup ? CleanUp.Tidy(token) : token;
    });

    /// <summary>BPE with a suffix at the end of words: the suffix becomes a space, at the very end nothing.</summary>
    public static Decoder BpeSuffix(string suffix) => new SuffixDecoder(suffix);

    /// <summary>CTC: repeats are one, the blank is nothing, the delimiter a space.</summary>
    public static Decoder Ctc(string blank, string delimiter, bool cleanup) => new CtcDecoder(blank, delimiter, cleanup);

    sealed class SuffixDecoder(string suffix) : Decoder
    {
        public override ITextSink Start(ITextSink next) => new Sink(suffix, next);

        sealed class Sink(string suffix, ITextSink next) : TokenSink(next)
        {
            string? held;

            protected override void Token(string token)
            {
                if (held is not null) Next.Text(Strip(held, " "), true, true);
                held = token;
            }

            protected override void End()
            {
                if (held is not null) Next.Text(Strip(held, ""), true, true);
            }

            string Strip(string token, string by) => suffix.Length == 0 ? token : token.Replace(suffix, by, StringComparison.Ordinal);
        }
    }

    sealed class CtcDecoder(string blank, string delimiter, bool cleanup) : Decoder
    {
        public override ITextSink Start(ITextSink next) => new Sink(blank, delimiter, cleanup, next);

        sealed class Sink(string blank, string delimiter, bool cleanup, ITextSink next) : TokenSink(next)
        {
            string? last;

            protected override void Token(string token)
            {
                if (string.Equals(token, last, StringComparison.Ordinal)) return;
                last = token;
                if (blank.Length > 0) token = token.Replace(blank, "", StringComparison.Ordinal);
                if (cleanup)
                {
                    token = CleanUp.Tidy(token);
                    if (delimiter.Length > 0) token = token.Replace(delimiter, " ", StringComparison.Ordinal);
                }
                if (token.Length > 0) Next.Text(token, true, true);
            }
        }
    }
}

/// <summary>Up to so many of a character are cut off both ends of each token.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(content, start, stop, next);

    sealed class Sink(char content, int start, int stop, ITextSink next) : ITextSink
    {
        int left;
        int held;
        bool begun;

        public void Text(string text, bool begins, bool ends)
        {
            if (begins)
            {
                left = start;
                held = 0;
                begun = false;
            }
            int from = 0;
            for (; left > 0 && from < text.Length; from++)
            {
                if (text[from] != content)
                {
                    left = 0;
                    break;
                }
                left--;
            }
            // The last few characters of the kind wait: they are dropped if the token ends with them.
            string pending = new string(content, held) + text[from..];
            held = 0;
            while (held < stop && held < pending.Length && pending[^(held + 1)] == content) held++;
            if (pending.Length > held) Put(pending[..^held]);
            if (!ends) return;
            next.Text("", !begun, true);
            held = 0;
        }

        void Put(string text)
        {
            next.Text(text, !begun, false);
            begun = true;
        }

        public void Finish() => next.Finish();
    }
}

/// <summary>The tidying of English punctuation that BERT's decoding does.</summary>
internal static class CleanUp
{
    static readonly (string From, string To)[] Rules =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Punctuation and contractions joined to the word before them.</summary>
    public static string Tidy(string text)
    {
        foreach (var (from, to) in Rules) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }
}
