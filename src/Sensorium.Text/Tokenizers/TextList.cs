using System.Collections;
using System.Text;

namespace Sensorium.Text.Tokenizers;

/// <summary>Many short texts end to end in UTF-8, as files have them: a vocabulary has hundreds of thousands, and few are ever needed as strings.</summary>
public sealed class TextList : IReadOnlyList<string>
{
    readonly ReadOnlyMemory<byte> bytes;
    readonly int[] ends;

    /// <param name="bytes">The texts, nothing between them.</param>
    /// <param name="ends">Where each ends; never falling, the last within the bytes.</param>
    /// <exception cref="ArgumentException">An end lies before the one before it, or outside.</exception>
    public TextList(ReadOnlyMemory<byte> bytes, int[] ends)
    {
        ArgumentNullException.ThrowIfNull(ends);
        int last = 0;
        foreach (int end in ends)
        {
            if (end < last || end > bytes.Length) throw new ArgumentException($"{end} is no end after {last} in {bytes.Length} bytes", nameof(ends));
            last = end;
        }
        this.bytes = bytes;
        this.ends = ends;
    }

    /// <inheritdoc/>
    public int Count => ends.Length;

    /// <inheritdoc/>
    public string this[int index] => Encoding.UTF8.GetString(Utf8(index));

    /// <summary>A text's bytes.</summary>
    public ReadOnlySpan<byte> Utf8(int index) => bytes.Span[(index == 0 ? 0 : ends[index - 1])..ends[index]];

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
