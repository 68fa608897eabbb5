namespace Sensorium.Text.Templates.Syntax;

internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">A name, an operator, the template's own text, or a literal's value as text.</param>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Value">A number's value.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, TemplateValue? Value = null)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string sign) => Kind == TokenKind.Operator && Text == sign;

    public string Describe() => Kind switch
    {
        TokenKind.End => "end of template",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.VariableEnd => "end of print statement",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.VariableBegin => "begin of print statement",
        TokenKind.Data => "template data / text",
        _ => Text,
    };
}

/// <summary>A source that is no template; the parser's caller adds the template's name.</summary>
internal sealed class SyntaxFault(int line, string reason, TemplateErrorKind kind = TemplateErrorKind.Syntax) : Exception(reason)
{
    public int Line { get; } = line;

    public TemplateErrorKind Kind { get; } = kind;
}
