using Sensorium.Text.Tokenizers.Patterns;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Normalizers;

/// <summary>Changes a text's characters before it is cut into pre-tokens.</summary>
internal abstract class Normalizer
{
    public abstract void Apply(NormalizedText text);
}

/// <summary>Several normalizers in turn.</summary>
internal sealed class SequenceNormalizer(Normalizer[] parts) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        foreach (var part in parts) part.Apply(text);
    }
}

/// <summary>NFC, NFD, NFKC or NFKD.</summary>
internal sealed class UnicodeNormalizer(bool compose, bool compatibility) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        if (NormalizationForms.IsTrivial(text.Chars, compose, compatibility)) return;
        text.Transform(compose ? NormalizationForms.Recompose(text.Chars, compatibility) : NormalizationForms.Decompose(text.Chars, compatibility));
    }
}

/// <summary>Lower case, by code points (no final sigma), İ as i and a combining dot.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        if (!text.Chars.Contains(0x130))
        {
            text.Map(CharClass.ToLower);
            return;
        }
        var changes = new List<Change>(text.Length + 8);
        foreach (int c in text.Chars)
        {
            changes.Add(new(CharClass.ToLower(c), 0));
            if (c == 0x130) changes.Add(new(0x307, 1));
        }
        text.Transform(changes);
    }
}

/// <summary>Drops white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        int start = 0, end = text.Length;
        if (left)
        {
            while (start < end && CharClass.IsWhiteSpace(text.Chars[start])) start++;
        }
        if (right)
        {
            while (end > start && CharClass.IsWhiteSpace(text.Chars[end - 1])) end--;
        }
        if (end - start == text.Length) return;
        var changes = new List<Change>(end - start);
        foreach (int c in text.Chars[start..end]) changes.Add(new(c, 0));
        text.Transform(changes, start);
    }
}

/// <summary>Drops combining marks (\p{M}); meant to follow a decomposition.</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    public override void Apply(NormalizedText text) => text.Filter(static c => !CharClass.IsMark(c));
}

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, int[] content) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var matches = new List<(int Start, int End)>();
        long budget = TextPattern.Budget(text.Length);
        pattern.FindAll(text.Chars, matches, ref budget);
        if (matches.Count == 0) return;
        var writer = new NormalizedText.TextWriter(text, text.Length);
        foreach (var (start, end) in matches)
        {
            writer.CopyTo(start);
            writer.Skip(end - start);
            foreach (int c in content) writer.Write(c, 1);
        }
        writer.CopyRest();
        writer.Finish();
    }
}

/// <summary>Puts text before the text, unless that is empty.</summary>
internal sealed class PrependNormalizer(int[] prefix) : Normalizer
{
    public override void Apply(NormalizedText text) => text.Prepend(prefix);
}

/// <summary>Spells the bytes of the UTF-8 as visible characters.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override void Apply(NormalizedText text) => PreTokenizers.ByteLevelPreTokenizer.ToBytes(new Segment(text));
}

/// <summary>SentencePiece's NMT rules: control characters dropped, odd spaces made spaces (normalizer builder_nmt).</summary>
internal sealed class NmtNormalizer : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        text.Filter(static c => c is not (>= 1 and <= 8 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F));
        text.Map(static c => c is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD ? ' ' : c);
    }
}

/// <summary>BERT's cleaning: control characters, spaces, ideographs apart, accents, case.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChinese, bool? stripAccents, bool lowercase) : Normalizer
{
    static readonly UnicodeNormalizer Decompose = new(false, false);
    static readonly LowercaseNormalizer Lower = new();

    public override void Apply(NormalizedText text)
    {
        if (cleanText)
        {
            text.Filter(static c => !(c is 0 or 0xFFFD || c is not ('\t' or '\n' or '\r') && IsControl(c)));
            text.Map(static c => CharClass.IsWhiteSpace(c) ? ' ' : c);
        }
        if (handleChinese) SpaceChinese(text);
        if (stripAccents ?? lowercase)
        {
            Decompose.Apply(text);
            text.Filter(static c => CharClass.Category(c) != System.Globalization.UnicodeCategory.NonSpacingMark);
        }
        if (lowercase) Lower.Apply(text);
    }

    static bool IsControl(int c) => CharClass.Category(c) is System.Globalization.UnicodeCategory.Control
        or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate
        or System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.OtherNotAssigned;

    static void SpaceChinese(NormalizedText text)
    {
        bool any = false;
        foreach (int c in text.Chars) any |= CharClass.IsChinese(c);
        if (!any) return;
        var changes = new List<Change>(text.Length + 16);
        foreach (int c in text.Chars)
        {
            if (!CharClass.IsChinese(c))
            {
                changes.Add(new(c, 0));
                continue;
            }
            changes.Add(new(' ', 0));
            changes.Add(new(c, 1));
            changes.Add(new(' ', 1));
        }
        text.Transform(changes);
    }
}
