using Sensorium.Text.Tokenizers.PreTokenizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.PostProcessors;

/// <summary>Adds the tokens that a model expects around its texts, and trims offsets.</summary>
internal abstract class PostProcessor
{
    /// <summary>How many tokens it adds to one text or a pair.</summary>
    public virtual int Added(bool pair) => 0;

    /// <summary>Works on the parts (one, or the two of a pair) in place or gives new ones; all are joined in the end.</summary>
    public abstract List<EncodingBuilder> Apply(List<EncodingBuilder> parts, bool addSpecial, Func<int, string> tokenOf);
}

/// <summary>Several post-processors in turn.</summary>
internal sealed class SequencePostProcessor(PostProcessor[] steps) : PostProcessor
{
    public override int Added(bool pair) => steps.Sum(s => s.Added(pair));

    public override List<EncodingBuilder> Apply(List<EncodingBuilder> parts, bool addSpecial, Func<int, string> tokenOf)
    {
        foreach (var step in steps) parts = step.Apply(parts, addSpecial, tokenOf);
        return parts;
    }
}

/// <summary>Offsets of byte-level tokens leave out the white space that the tokens carry.</summary>
internal sealed class ByteLevelPostProcessor(bool trimOffsets, bool addPrefixSpace) : PostProcessor
{
    static readonly int Space = ByteAlphabet.ToChar((byte)' ');

    public override List<EncodingBuilder> Apply(List<EncodingBuilder> parts, bool addSpecial, Func<int, string> tokenOf)
    {
        if (trimOffsets)
        {
            foreach (var part in parts) Trim(part, addPrefixSpace, tokenOf);
        }
        return parts;
    }

    public static void Trim(EncodingBuilder part, bool addPrefixSpace, Func<int, string> tokenOf)
    {
        for (int i = 0; i < part.Count; i++)
        {
            string token = tokenOf(part.Ids[i]);
            int leading = 0, trailing = 0;
            while (leading < token.Length && IsSpace(token[leading])) leading++;
            while (trailing < token.Length && IsSpace(token[^(trailing + 1)])) trailing++;
            var (start, end) = part.Offsets[i];
            if (leading > 0)
            {
                // A space that was put before the text has no place to leave out.
                if ((i == 0 || start == 0) && addPrefixSpace && leading == 1) leading = 0;
                start = Math.Min(start + leading, end);
            }
            if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
            part.Offsets[i] = (start, end);
        }
        foreach (var window in part.Overflowing) Trim(window, addPrefixSpace, tokenOf);
    }

    static bool IsSpace(char c) => c == Space || CharClass.IsWhiteSpace(c);
}

/// <summary>One step of a template: a text, or a token.</summary>
/// <param name="Sequence">0 for the first text, 1 for the second, -1 for a token.</param>
/// <param name="TypeId">Type id of what it gives.</param>
/// <param name="Ids">Ids of the token.</param>
internal readonly record struct TemplatePiece(int Sequence, int TypeId, int[] Ids);

/// <summary>Texts and tokens in the order of a template, one for single texts and one for pairs.</summary>
internal sealed class TemplatePostProcessor(TemplatePiece[] single, TemplatePiece[] pair) : PostProcessor
{
    static int Count(TemplatePiece[] template) => template.Sum(p => p.Ids.Length);

    public override int Added(bool isPair) => Count(isPair ? pair : single);

    public override List<EncodingBuilder> Apply(List<EncodingBuilder> parts, bool addSpecial, Func<int, string> tokenOf)
    {
        var result = new List<EncodingBuilder>();
        foreach (var piece in parts.Count > 1 ? pair : single)
        {
            if (piece.Sequence >= 0)
            {
                if (piece.Sequence >= parts.Count) continue;
                parts[piece.Sequence].SetType(piece.TypeId);
                result.Add(parts[piece.Sequence]);
            }
            else if (addSpecial)
            {
                var token = new EncodingBuilder();
                foreach (int id in piece.Ids) token.Add(id, 0, 0, piece.TypeId, true);
                result.Add(token);
            }
        }
        return result;
    }
}

/// <summary>RoBERTa's: &lt;s&gt; A &lt;/s&gt; &lt;/s&gt; B &lt;/s&gt;, every type id 0.</summary>
internal sealed class RobertaPostProcessor(int sep, int cls, bool trimOffsets, bool addPrefixSpace) : PostProcessor
{
    readonly TemplatePostProcessor template = new(
        [Token(cls), new(0, 0, []), Token(sep)],
        [Token(cls), new(0, 0, []), Token(sep), Token(sep), new(1, 0, []), Token(sep)]);

    static TemplatePiece Token(int id) => new(-1, 0, [id]);

    public override int Added(bool pair) => pair ? 4 : 2;

    public override List<EncodingBuilder> Apply(List<EncodingBuilder> parts, bool addSpecial, Func<int, string> tokenOf)
    {
        if (trimOffsets)
        {
            foreach (var part in parts) ByteLevelPostProcessor.Trim(part, addPrefixSpace, tokenOf);
        }
        return template.Apply(parts, addSpecial, tokenOf);
    }
}
