using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>
/// The word patterns of GPT-2, GPT-4 (as Llama 3 has it) and Qwen2 as hand-written scanners: one pass, no backtracking, the alternatives in the regex's order.
/// They cover the whole text: each match begins where the last one ended.
/// </summary>
internal sealed class WordPattern : TextPattern
{
    public const string Gpt2Regex = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Llama3Regex = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Qwen2Regex = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>GPT-2: an optional space before letters, numbers or other signs.</summary>
    public static readonly WordPattern Gpt2 = new(true, int.MaxValue, false);

    /// <summary>Llama 3: contractions in any case, numbers by threes, line ends on their own.</summary>
    public static readonly WordPattern Llama3 = new(false, 3, false);

    /// <summary>Qwen2: as Llama 3, each digit on its own.</summary>
    public static readonly WordPattern Qwen2 = new(false, 1, false);

    /// <summary>As Llama 3, contractions in ASCII only, as llama.cpp spells the pattern.</summary>
    public static readonly WordPattern Llama3Ascii = new(false, 3, true);

    /// <summary>As Qwen2, contractions in ASCII only, as llama.cpp spells the pattern.</summary>
    public static readonly WordPattern Qwen2Ascii = new(false, 1, true);

    readonly bool gpt2;
    readonly int maxDigits;
    readonly bool asciiCase;

    WordPattern(bool gpt2, int maxDigits, bool asciiCase)
    {
        this.gpt2 = gpt2;
        this.maxDigits = maxDigits;
        this.asciiCase = asciiCase;
    }

    /// <summary>The scanner for a regex's text; null when it is not one of the known ones.</summary>
    public static WordPattern? ForRegex(string regex) => regex switch
    {
        Gpt2Regex => Gpt2,
        Llama3Regex => Llama3,
        Qwen2Regex => Qwen2,
        _ => null,
    };

    public override void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches, ref long budget)
    {
        for (int i = 0; i < text.Length;)
        {
            int end = gpt2 ? NextGpt2(text, i) : NextGpt4(text, i);
            matches.Add((i, end));
            i = end;
        }
    }

    int NextGpt2(ReadOnlySpan<int> text, int i)
    {
        int c = text[i];
        if (c == '\'')
        {
            int n = Contraction(text, i);
            if (n > 0) return i + n;
        }
        int j = c == ' ' && i + 1 < text.Length ? i + 1 : i;
        int d = text[j];
        if (CharClass.IsLetter(d)) return Letters(text, j + 1);
        if (CharClass.IsNumber(d))
        {
            for (j++; j < text.Length && CharClass.IsNumber(text[j]); j++) { }
            return j;
        }
        if (CharClass.IsOther(d))
        {
            for (j++; j < text.Length && CharClass.IsOther(text[j]); j++) { }
            return j;
        }
        return Spaces(text, i);
    }

    int NextGpt4(ReadOnlySpan<int> text, int i)
    {
        int c = text[i];
        if (c == '\'')
        {
            int n = Contraction(text, i);
            if (n > 0) return i + n;
        }
        if (CharClass.IsLetter(c)) return Letters(text, i + 1);
        if (CharClass.IsNumber(c))
        {
            int end = i + 1;
            for (int n = 1; n < maxDigits && end < text.Length && CharClass.IsNumber(text[end]); n++) end++;
            return end;
        }
        bool lineEnd = c is '\r' or '\n';
        if (!lineEnd && i + 1 < text.Length && CharClass.IsLetter(text[i + 1])) return Letters(text, i + 2);

        int j = c == ' ' && i + 1 < text.Length ? i + 1 : i;
        if (CharClass.IsOther(text[j]))
        {
            for (j++; j < text.Length && CharClass.IsOther(text[j]); j++) { }
            while (j < text.Length && text[j] is '\r' or '\n') j++;
            return j;
        }
        // White space: up to the last line end in the run, else all but its last character.
        int stop = i, lastLineEnd = -1;
        for (; stop < text.Length && CharClass.IsWhiteSpace(text[stop]); stop++)
        {
            if (text[stop] is '\r' or '\n') lastLineEnd = stop;
        }
        if (lastLineEnd >= 0) return lastLineEnd + 1;
        return stop == text.Length || stop == i + 1 ? stop : stop - 1;
    }

    static int Letters(ReadOnlySpan<int> text, int j)
    {
        while (j < text.Length && CharClass.IsLetter(text[j])) j++;
        return j;
    }

    static int Spaces(ReadOnlySpan<int> text, int i)
    {
        int stop = i;
        while (stop < text.Length && CharClass.IsWhiteSpace(text[stop])) stop++;
        return stop == text.Length || stop <= i + 1 ? Math.Max(stop, i + 1) : stop - 1;
    }

    int Contraction(ReadOnlySpan<int> text, int i)
    {
        if (i + 1 >= text.Length) return 0;
        int a = Case(text[i + 1]);
        if (a is 's' or 't' or 'm' or 'd') return 2;
        if (i + 2 >= text.Length) return 0;
        int b = Case(text[i + 2]);
        return a is 'r' && b == 'e' || a is 'v' && b == 'e' || a is 'l' && b == 'l' ? 3 : 0;
    }

    int Case(int c) => gpt2 ? c : asciiCase ? (c is >= 'A' and <= 'Z' ? c + 32 : c) : CharClass.Fold(c);
}
