using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>How a pattern is spelt where engines differ: Oniguruma (tokenizer.json) or Rust's fancy-regex (tiktoken).</summary>
internal enum RegexSyntax
{
    /// <summary>^ and $ match at every line; {n,m}+ repeats the interval.</summary>
    Oniguruma,

    /// <summary>^ and $ match at the text's ends; {n,m}+ is possessive.</summary>
    Rust,
}

/// <summary>A pattern that cannot be compiled; the loader adds file and key.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message);

/// <summary>A place in a pattern: looking and taking, how deep it nests, and what is wrong there.</summary>
internal sealed class RegexReader
{
    const int MaxDepth = 64, MaxPattern = 50_000;

    readonly int[] pattern;
    int depth;

    public RegexReader(string text)
    {
        if (text.Length > MaxPattern) throw new RegexSyntaxException($"the pattern has {text.Length} characters, more than {MaxPattern}");
        pattern = CodePoints.FromString(text);
    }

    /// <summary>Where it stands.</summary>
    public int At { get; set; }

    public bool More => At < pattern.Length;

    /// <summary>The code point here.</summary>
    public int Current => pattern[At];

    public int Next() => pattern[At++];

    public bool Peek(int c) => More && pattern[At] == c;

    /// <summary>Whether the code point after this one is there and another one.</summary>
    public bool FollowedByOtherThan(int c) => At + 1 < pattern.Length && pattern[At + 1] != c;

    public bool Take(string s)
    {
        if (At + s.Length > pattern.Length) return false;
        for (int i = 0; i < s.Length; i++)
        {
            if (pattern[At + i] != s[i]) return false;
        }
        At += s.Length;
        return true;
    }

    /// <summary>What stands before a mark, which is left.</summary>
    public string Until(int mark)
    {
        int start = At;
        while (More && !Peek(mark)) At++;
        return CodePoints.ToText(pattern.AsSpan(start, At - start));
    }

    /// <summary>A decimal number, if one stands here.</summary>
    public bool Number(out int value)
    {
        value = 0;
        int start = At;
        while (More && Current is >= '0' and <= '9') value = Math.Min(1_000_000, value * 10 + Next() - '0');
        return At > start;
    }

    public void Enter(string what)
    {
        if (++depth > MaxDepth) throw Error($"{what} nested deeper than {MaxDepth}");
    }

    public void Leave() => depth--;

    public RegexSyntaxException Error(string what) => new($"{what} at position {At} of the pattern");
}
