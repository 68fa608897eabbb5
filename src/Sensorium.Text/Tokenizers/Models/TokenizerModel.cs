using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Tokens of a text with their places, in code points of the segment's (normalized) text.</summary>
internal sealed class TokenBuffer
{
    public readonly List<int> Ids = [];
    public readonly List<int> Starts = [];
    public readonly List<int> Ends = [];

    public int Count => Ids.Count;

    public void Add(int id, int start, int end)
    {
        Ids.Add(id);
        Starts.Add(start);
        Ends.Add(end);
    }

    public void Clear()
    {
        Ids.Clear();
        Starts.Clear();
        Ends.Clear();
    }
}

/// <summary>Turns a pre-token into tokens. Immutable; scratch memory comes from the caller.</summary>
internal abstract class TokenizerModel(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>Id of the token for what the vocabulary does not have; -1 when there is none.</summary>
    public virtual int UnknownId => -1;

    /// <summary>Whether a pre-token may be cut before every visible space that follows something else, see <see cref="Vocabulary.BeginsWithMarks"/>.</summary>
    public virtual bool CutsAtMarks => false;

    /// <summary>Appends the tokens of a pre-token.</summary>
    /// <param name="piece">The pre-token's code points; not empty.</param>
    /// <param name="offset">Where it stands in the segment's text.</param>
    /// <param name="output">Gets the tokens.</param>
    /// <param name="scratch">Memory to work in.</param>
    public abstract void Tokenize(ReadOnlySpan<int> piece, int offset, TokenBuffer output, ModelScratch scratch);

    /// <summary>Ids of the 256 tokens &lt;0x00&gt; to &lt;0xFF&gt;; -1 where one is missing.</summary>
    protected static int[] ByteTokens(Vocabulary vocabulary)
    {
        var bytes = new int[256];
        for (int b = 0; b < 256; b++) bytes[b] = vocabulary.IdOf($"<0x{b:X2}>");
        return bytes;
    }

    /// <summary>Appends the byte tokens of a code point; nothing is appended, and false returned, when one is missing.</summary>
    protected static bool AddBytes(int[] byteTokens, int c, int start, int end, TokenBuffer output)
    {
        Span<byte> bytes = stackalloc byte[4];
        int n = CodePoints.ToUtf8(c, bytes);
        for (int i = 0; i < n; i++)
        {
            if (byteTokens[bytes[i]] < 0) return false;
        }
        for (int i = 0; i < n; i++) output.Add(byteTokens[bytes[i]], start, end);
        return true;
    }
}
