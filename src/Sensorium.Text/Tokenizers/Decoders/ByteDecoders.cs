using System.Text;
using Sensorium.Text.Tokenizers.PreTokenizers;

namespace Sensorium.Text.Tokenizers.Decoders;

/// <summary>Tokens spelt in the byte alphabet back to UTF-8; what is not valid becomes U+FFFD, an unfinished code point waits for its end.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(next);

    sealed class Sink(ITextSink next) : TokenSink(next)
    {
        readonly Utf8Stream stream = new();
        bool begun;

        protected override void Token(string token)
        {
            var bytes = new byte[token.Length];
            bool spelt = true;
            for (int i = 0; i < token.Length && spelt; i++)
            {
                int b = ByteAlphabet.ToByte(token[i]);
                spelt = b >= 0;
                bytes[i] = (byte)b;
            }
            // A token with any other character (an added one) stands for itself.
            Put(stream.Push(spelt ? bytes : Encoding.UTF8.GetBytes(token), false));
        }

        protected override void End()
        {
            string rest = stream.Push([], true);
            Next.Text(rest, !begun, true);
        }

        void Put(string text)
        {
            if (text.Length == 0) return;
            Next.Text(text, !begun, false);
            begun = true;
        }
    }
}

/// <summary>Incremental UTF-8 decoding with U+FFFD for every maximal invalid part.</summary>
internal sealed class Utf8Stream
{
    readonly System.Text.Decoder decoder = new UTF8Encoding(false, false).GetDecoder();

    public string Push(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (bytes.Length == 0 && !flush) return "";
        var chars = new char[decoder.GetCharCount(bytes, flush)];
        int n = decoder.GetChars(bytes, chars, flush);
        return n == 0 ? "" : new string(chars, 0, n);
    }
}

/// <summary>Runs of byte tokens &lt;0xNN&gt; to text: if a run is valid UTF-8 as a whole, else U+FFFD for each byte.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(next);

    /// <summary>The byte that a token stands for; -1 when it stands for none.</summary>
    public static int ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && char.IsAsciiHexDigit(token[3]) && char.IsAsciiHexDigit(token[4])
            ? Convert.ToInt32(token.Substring(3, 2), 16)
            : -1;

    sealed class Sink(ITextSink next) : TokenSink(next)
    {
        readonly List<byte> run = [];

        protected override void Token(string token)
        {
            int b = ByteOf(token);
            if (b >= 0)
            {
                run.Add((byte)b);
                return;
            }
            Flush();
            Next.Text(token, true, true);
        }

        protected override void End() => Flush();

        void Flush()
        {
            if (run.Count == 0) return;
            byte[] bytes = [.. run];
            run.Clear();
            if (Unicode.CodePoints.IsUtf8(bytes)) Next.Text(Encoding.UTF8.GetString(bytes), true, true);
            else
            {
                for (int i = 0; i < bytes.Length; i++) Next.Text("\uFFFD", true, true);
            }
        }
    }
}
