using System.Buffers;
using System.Text;

namespace Sensorium.Text.Tokenizers.Unicode;

/// <summary>Conversions between UTF-16, UTF-8 and code points. Lone surrogates become U+FFFD, as in every Unicode conversion.</summary>
internal static class CodePoints
{
    public const int Replacement = 0xFFFD;

    /// <summary>The code points of a string, end to end.</summary>
    public static int[] FromString(ReadOnlySpan<char> text)
    {
        var points = new int[text.Length];
        int n = 0;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (!char.IsSurrogate(c))
            {
                points[n++] = c;
                i++;
            }
            else
            {
                Rune.DecodeFromUtf16(text[i..], out var rune, out int used);
                points[n++] = rune.Value;
                i += used;
            }
        }
        return n == points.Length ? points : points[..n];
    }

    public static string ToText(ReadOnlySpan<int> points)
    {
        var builder = new StringBuilder(points.Length);
        Append(builder, points);
        return builder.ToString();
    }

    public static void Append(StringBuilder builder, ReadOnlySpan<int> points)
    {
        foreach (int c in points) Append(builder, c);
    }

    public static void Append(StringBuilder builder, int c)
    {
        if (c < 0x10000) builder.Append((char)c);
        else
        {
            c -= 0x10000;
            builder.Append((char)(0xD800 + (c >> 10))).Append((char)(0xDC00 + (c & 0x3FF)));
        }
    }

    /// <summary>Number of bytes of a code point in UTF-8.</summary>
    public static int Utf8Length(int c) => c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    /// <summary>Writes the UTF-8 bytes of a code point and returns their number; <paramref name="bytes"/> has room for 4.</summary>
    public static int ToUtf8(int c, Span<byte> bytes)
    {
        if (c < 0x80)
        {
            bytes[0] = (byte)c;
            return 1;
        }
        if (c < 0x800)
        {
            bytes[0] = (byte)(0xC0 | c >> 6);
            bytes[1] = (byte)(0x80 | c & 0x3F);
            return 2;
        }
        if (c < 0x10000)
        {
            bytes[0] = (byte)(0xE0 | c >> 12);
            bytes[1] = (byte)(0x80 | c >> 6 & 0x3F);
            bytes[2] = (byte)(0x80 | c & 0x3F);
            return 3;
        }
        bytes[0] = (byte)(0xF0 | c >> 18);
        bytes[1] = (byte)(0x80 | c >> 12 & 0x3F);
        bytes[2] = (byte)(0x80 | c >> 6 & 0x3F);
        bytes[3] = (byte)(0x80 | c & 0x3F);
        return 4;
    }

    /// <summary>Whether the bytes are well-formed UTF-8.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out int used) != OperationStatus.Done) return false;
            bytes = bytes[used..];
        }
        return true;
    }
}
