using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.PreTokenizers;

/// <summary>GPT-2's pre-tokenizer: splits into words and spells each byte of their UTF-8 as one visible character.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    readonly SplitPreTokenizer? split = useRegex ? new(WordPattern.Gpt2, SplitBehavior.Isolated) : null;

    public override void Apply(Segment segment)
    {
        if (addPrefixSpace) PieceWriter.Prefix(segment, [' '], (first, _) => first != ' ');
        split?.Apply(segment);
        ToBytes(segment);
    }

    /// <summary>Spells the bytes of every piece; what lies outside of the pieces is dropped.</summary>
    public static void ToBytes(Segment segment)
    {
        var text = segment.Text;
        bool ascii = true;
        foreach (int c in text.Chars)
        {
            if (c < 128) continue;
            ascii = false;
            break;
        }
        if (ascii)
        {
            text.Map(static c => ByteAlphabet.ToChar((byte)c));
            return;
        }
        var writer = new NormalizedText.TextWriter(text, text.Length + text.Length / 4 + 4);
        var ranges = segment.Ranges;
        Span<byte> bytes = stackalloc byte[4];
        for (int r = 0; r < ranges.Count; r++)
        {
            var (start, end) = ranges[r];
            writer.Skip(start - writer.Position);
            int from = writer.Count;
            for (int i = start; i < end; i++)
            {
                int n = CodePoints.ToUtf8(text.Chars[i], bytes);
                for (int k = 0; k < n; k++) writer.Write(ByteAlphabet.ToChar(bytes[k]), k == 0 ? 0 : 1);
            }
            ranges[r] = (from, writer.Count);
        }
        writer.Finish();
    }
}

/// <summary>The 256 visible characters that stand for bytes (Radford et al. 2019, encoder.py: bytes_to_unicode).</summary>
internal static class ByteAlphabet
{
    static readonly int[] Chars = Build();
    static readonly short[] Bytes = Invert();

    static int[] Build()
    {
        var chars = new int[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool visible = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            chars[b] = visible ? b : next++;
        }
        return chars;
    }

    static short[] Invert()
    {
        var bytes = new short[512];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++) bytes[Chars[b]] = (short)b;
        return bytes;
    }

    public static int ToChar(byte b) => Chars[b];

    /// <summary>The byte a character stands for; -1 when it stands for none.</summary>
    public static int ToByte(int c) => (uint)c < 512 ? Bytes[c] : -1;
}
