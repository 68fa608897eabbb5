using System.Text;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>The lines of a corpus of any size, one at a time; a line without an end is given in pieces, cut at white space where there is some.</summary>
public static class CorpusLines
{
    const int Longest = 1 << 20;

    /// <summary>The lines without their ends (LF, CR LF or CR). Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="stream">UTF-8 text; read to its end, and not closed.</param>
    public static IEnumerable<string> Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new StreamReader(stream, new UTF8Encoding(false, false), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        var buffer = new char[1 << 16];
        var line = new StringBuilder();
        bool afterReturn = false;
        for (int read; (read = reader.Read(buffer, 0, buffer.Length)) > 0;)
        {
            for (int at = 0; at < read;)
            {
                if (afterReturn && buffer[at] == '\n') at++;
                afterReturn = false;
                int end = buffer.AsSpan(at, read - at).IndexOfAny('\n', '\r');
                line.Append(buffer, at, end < 0 ? read - at : end);
                if (end < 0) break;
                afterReturn = buffer[at + end] == '\r';
                at += end + 1;
                yield return line.ToString();
                line.Clear();
            }
            while (line.Length > Longest) yield return TakePiece(line);
        }
        if (line.Length > 0) yield return line.ToString();
    }

    static string TakePiece(StringBuilder line)
    {
        int cut = Longest;
        while (cut > Longest / 2 && !char.IsWhiteSpace(line[cut])) cut--;
        if (cut == Longest / 2) cut = char.IsLowSurrogate(line[Longest]) ? Longest - 1 : Longest;
        string piece = line.ToString(0, cut);
        line.Remove(0, cut);
        return piece;
    }
}
