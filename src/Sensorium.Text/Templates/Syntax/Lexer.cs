using System.Globalization;
using System.Numerics;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>Cuts a template into tokens by Jinja2's rules with <c>trim_blocks</c> (the line feed after a block or comment goes) and <c>lstrip_blocks</c> (blanks before one at the start of a line go).</summary>
internal sealed class Lexer
{
    readonly string source;
    readonly List<Token> tokens = [];
    readonly Stack<char> open = new();
    int position;
    int line = 1;
    bool lineStarting = true;

    Lexer(string source) => this.source = source;

    public static List<Token> Tokenize(string source)
    {
        var lexer = new Lexer(Normalize(source));
        lexer.Run();
        return lexer.tokens;
    }

    void Run()
    {
        while (position < source.Length)
        {
            var tag = NextTag(position);
            if (tag < 0)
            {
                AddData(source[position..]);
                break;
            }
            var kind = source[tag + 1];
            var body = tag + 2;
            if (kind == '%' && TryRaw(tag, out var rawSign, out var rawStart))
            {
                Text(tag, rawSign, isVariable: false);
                Advance(rawStart);
                Raw();
                continue;
            }
            var sign = body < source.Length && source[body] is '-' or '+' ? source[body] : '\0';
            Text(tag, sign, kind == '{');
            Advance(sign == '\0' ? body : body + 1);
            if (kind == '#')
                Comment();
            else
                Code(kind == '{');
        }
        tokens.Add(new Token(TokenKind.End, "", line));
    }

    /// <summary>The text before a tag, stripped as the tag's sign and lstrip_blocks say.</summary>
    void Text(int end, char sign, bool isVariable)
    {
        var text = source.AsSpan(position, end - position);
        if (sign == '-')
        {
            text = text.TrimEnd(Whitespace);
        }
        else if (sign != '+' && !isVariable)
        {
            var lineStart = text.LastIndexOf('\n') + 1;
            if ((lineStart > 0 || lineStarting) && lineStart < text.Length && text[lineStart..].Trim(Whitespace).IsEmpty)
                text = text[..lineStart];
        }
        AddData(text.ToString());
        Advance(end);
    }

    void AddData(string text)
    {
        if (text.Length > 0)
            tokens.Add(new Token(TokenKind.Data, text, line));
    }

    void Comment()
    {
        // Jinja2 takes a tag that begins as the template ends for nothing.
        if (position >= source.Length)
            return;
        var end = source.IndexOf("#}", position, StringComparison.Ordinal);
        if (end < 0)
            throw new SyntaxFault(line, "Missing end of comment tag");
        var sign = end > position ? source[end - 1] : '\0';
        Advance(end + 2);
        AfterEnd(sign, trims: true);
    }

    bool TryRaw(int tag, out char sign, out int start)
    {
        var at = tag + 2;
        sign = at < source.Length && source[at] is '-' or '+' ? source[at++] : '\0';
        at = SkipBlanks(at);
        start = 0;
        if (string.CompareOrdinal(source, at, "raw", 0, 3) != 0)
            return false;
        at = SkipBlanks(at + 3);
        if (string.CompareOrdinal(source, at, "-%}", 0, 3) == 0)
            start = SkipBlanks(at + 3);
        else if (string.CompareOrdinal(source, at, "%}", 0, 2) == 0)
            start = at + 2;
        return start > 0;
    }

    void Raw()
    {
        if (position >= source.Length)
            return;
        for (var tag = position; (tag = source.IndexOf("{%", tag, StringComparison.Ordinal)) >= 0; tag += 2)
        {
            var at = tag + 2;
            var sign = at < source.Length && source[at] is '-' or '+' ? source[at++] : '\0';
            at = SkipBlanks(at);
            if (string.CompareOrdinal(source, at, "endraw", 0, 6) != 0)
                continue;
            at = SkipBlanks(at + 6);
            var endSign = at < source.Length && source[at] is '-' or '+' ? source[at++] : '\0';
            if (string.CompareOrdinal(source, at, "%}", 0, 2) != 0)
                continue;
            Text(tag, sign, isVariable: false);
            Advance(at + 2);
            AfterEnd(endSign, trims: true);
            return;
        }
        throw new SyntaxFault(line, "Missing end of raw directive");
    }

    void Code(bool isVariable)
    {
        tokens.Add(new Token(isVariable ? TokenKind.VariableBegin : TokenKind.BlockBegin, "", line));
        open.Clear();
        while (true)
        {
            Advance(SkipBlanks(position));
            if (position >= source.Length)
                return;
            if (open.Count == 0 && TryEnd(isVariable))
                return;
            var c = source[position];
            if (char.IsAsciiDigit(c))
                Number();
            else if (IsNameStart(c))
                Name();
            else if (c is '"' or '\'')
                String(c);
            else
                Sign(c);
        }
    }

    bool TryEnd(bool isVariable)
    {
        var at = position;
        var sign = source[at] is '-' || (source[at] is '+' && !isVariable) ? source[at++] : '\0';
        if (string.CompareOrdinal(source, at, isVariable ? "}}" : "%}", 0, 2) != 0)
            return false;
        tokens.Add(new Token(isVariable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", line));
        Advance(at + 2);
        AfterEnd(sign, trims: !isVariable);
        return true;
    }

    /// <summary>What the end of a tag takes of the text behind it.</summary>
    void AfterEnd(char sign, bool trims)
    {
        if (sign == '-')
            Advance(SkipBlanks(position));
        else if (trims && sign != '+' && position < source.Length && source[position] == '\n')
            Advance(position + 1);
        lineStarting = source[position - 1] == '\n';
    }

    void Name()
    {
        var end = position + 1;
        while (end < source.Length && IsNamePart(source[end]))
            end++;
        tokens.Add(new Token(TokenKind.Name, source[position..end], line));
        Advance(end);
    }

    void String(char quote)
    {
        var end = position + 1;
        while (end < source.Length && source[end] != quote)
            end += source[end] == '\\' ? 2 : 1;
        if (end >= source.Length)
            throw new SyntaxFault(line, $"unexpected char {quote} at {position}: the string has no end");
        tokens.Add(new Token(TokenKind.String, StringLiteral.Unescape(source.AsSpan(position + 1, end - position - 1), line), line));
        Advance(end + 1);
    }

    void Number()
    {
        var start = position;
        var end = Digits(start, char.IsAsciiDigit);
        // "x.1.5" holds the indices 1 and 5, so a number right behind a point has none of its own.
        if (start == 0 || source[start - 1] != '.')
        {
            var fraction = end < source.Length && source[end] == '.' ? Digits(end + 1, char.IsAsciiDigit) : end + 1;
            if (fraction == end + 1)
                fraction = end;
            var exponent = fraction < source.Length && source[fraction] is 'e' or 'E' ? fraction + 1 : -1;
            if (exponent > 0)
            {
                if (exponent < source.Length && source[exponent] is '+' or '-')
                    exponent++;
                var exponentEnd = Digits(exponent, char.IsAsciiDigit);
                fraction = exponentEnd > exponent ? exponentEnd : fraction;
            }
            if (fraction > end)
            {
                var text = Plain(start, fraction);
                tokens.Add(new Token(TokenKind.Float, text, line, TemplateValue.From(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))));
                Advance(fraction);
                return;
            }
        }
        var (value, integerEnd) = Integer(start, end);
        tokens.Add(new Token(TokenKind.Integer, source[start..integerEnd], line, TemplateValue.From(value)));
        Advance(integerEnd);
    }

    (BigInteger Value, int End) Integer(int start, int end)
    {
        if (source[start] == '0' && start + 1 < source.Length)
        {
            var (radix, test) = (source[start + 1] | 0x20) switch
            {
                'x' => (16, char.IsAsciiHexDigit),
                'o' => (8, (Func<char, bool>)(static c => c is >= '0' and <= '7')),
                'b' => (2, static c => c is '0' or '1'),
                _ => (10, char.IsAsciiDigit),
            };
            if (radix != 10)
            {
                var first = start + 2 < source.Length && source[start + 2] == '_' ? start + 3 : start + 2;
                var stop = Digits(first, test);
                if (stop > first)
                    return (Parse(Plain(first, stop), radix), stop);
                return (0, start + 1);
            }
            var zeros = Digits(start, static c => c == '0');
            return (0, zeros);
        }
        return (Parse(Plain(start, end), 10), end);
    }

    BigInteger Parse(string digits, int radix)
    {
        if (digits.Length > 4300)
            throw new SyntaxFault(line, "an integer literal of more than 4300 digits is refused");
        if (radix == 10)
            return BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        var value = BigInteger.Zero;
        foreach (var c in digits)
            value = value * radix + Convert.ToInt32(c.ToString(), 16);
        return value;
    }

    /// <summary>The end of digits with single underscores between them.</summary>
    int Digits(int at, Func<char, bool> isDigit)
    {
        while (at < source.Length && (isDigit(source[at]) || (source[at] == '_' && at > 0 && isDigit(source[at - 1]) && at + 1 < source.Length && isDigit(source[at + 1]))))
            at++;
        return at;
    }

    string Plain(int start, int end) => source[start..end].Replace("_", "", StringComparison.Ordinal);

    void Sign(char c)
    {
        var next = position + 1 < source.Length ? source[position + 1] : '\0';
        var length = (c, next) is ('/', '/') or ('*', '*') or ('=', '=') or ('!', '=') or ('>', '=') or ('<', '=') ? 2 : 1;
        if (length == 1 && !"+-/*%~[](){}><=.:|,;".Contains(c, StringComparison.Ordinal))
            throw new SyntaxFault(line, $"unexpected char '{c}' at {position}");
        switch (c)
        {
            case '{': open.Push('}'); break;
            case '(': open.Push(')'); break;
            case '[': open.Push(']'); break;
            case '}' or ')' or ']':
                if (!open.TryPop(out var expected))
                    throw new SyntaxFault(line, $"unexpected '{c}'");
                if (expected != c)
                    throw new SyntaxFault(line, $"unexpected '{c}', expected '{expected}'");
                break;
        }
        tokens.Add(new Token(TokenKind.Operator, length == 2 ? source.Substring(position, 2) : OneSign(c), line));
        Advance(position + length);
    }

    static string OneSign(char c) => string.Intern(c.ToString());

    int NextTag(int from)
    {
        for (var at = from; (at = source.IndexOf('{', at)) >= 0 && at + 1 < source.Length; at++)
        {
            if (source[at + 1] is '{' or '%' or '#')
                return at;
        }
        return -1;
    }

    int SkipBlanks(int at)
    {
        while (at < source.Length && IsBlank(source[at]))
            at++;
        return at;
    }

    void Advance(int to)
    {
        line += source.AsSpan(position, to - position).Count('\n');
        position = to;
    }

    static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    static readonly string Whitespace = MakeWhitespace();

    static string MakeWhitespace()
    {
        var blanks = new System.Text.StringBuilder();
        for (var c = '\0'; c < 0x3001; c++)
        {
            if (IsBlank(c))
                blanks.Append(c);
        }
        return blanks.ToString();
    }

    static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || (c >= 128 && char.IsLetter(c));

    static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_'
        || (c >= 128 && (char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation));

    /// <summary>Line ends become line feeds, and one at the end goes.</summary>
    static string Normalize(string source)
    {
        if (source.Contains('\r', StringComparison.Ordinal))
            source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return source.EndsWith('\n') ? source[..^1] : source;
    }
}
