namespace Sensorium.Text.Templates.Syntax;

/// <summary>A place in a template's tokens: looking, going on, demanding; how deep it nests; and the numbers of the names met.</summary>
internal abstract class TokenCursor(List<Token> tokens, int maxNesting)
{
    readonly Dictionary<string, int> slots = new(StringComparer.Ordinal);
    readonly List<string> names = [];
    int position;
    int nesting;

    protected int MaxNesting => maxNesting;

    protected IReadOnlyList<string> Names => names;

    protected Token Current => tokens[position];

    protected Token Next() => position < tokens.Count - 1 ? tokens[position++] : tokens[position];

    protected Token Ahead => tokens[Math.Min(position + 1, tokens.Count - 1)];

    protected int SlotOf(string name)
    {
        if (!slots.TryGetValue(name, out var slot))
        {
            slots.Add(name, slot = names.Count);
            names.Add(name);
        }
        return slot;
    }

    protected SyntaxFault Fail(string reason, int? line = null) => new(line ?? Current.Line, reason);

    protected bool SkipName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Next();
        return true;
    }

    protected bool SkipOperator(string sign)
    {
        if (!Current.IsOperator(sign))
            return false;
        Next();
        return true;
    }

    protected void ExpectOperator(string sign)
    {
        if (!SkipOperator(sign))
            throw Fail($"expected token '{sign}', got '{Current.Describe()}'");
    }

    protected string ExpectName()
    {
        if (Current.Kind != TokenKind.Name)
            throw Fail($"expected token 'name', got '{Current.Describe()}'");
        return Next().Text;
    }

    protected void Expect(TokenKind kind)
    {
        if (Current.Kind != kind)
            throw Fail($"expected token '{new Token(kind, "", 0).Describe()}', got '{Current.Describe()}'");
        Next();
    }

    protected void Enter()
    {
        if (++nesting > maxNesting || !System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new SyntaxFault(Current.Line, $"the template nests more than {maxNesting} deep", TemplateErrorKind.Recursion);
    }

    protected void Leave() => nesting--;
}
