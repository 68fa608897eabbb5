using Sensorium.Text.Templates.Builtins;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>What stands between operators: names, constants, lists, mappings, and what follows them: attributes, items, slices, calls, filters and tests.</summary>
internal abstract class OperandParser(List<Token> tokens, int maxNesting) : TokenCursor(tokens, maxNesting)
{
    /// <summary>Which of caller, varargs and kwargs the macros around here mention.</summary>
    protected Stack<HashSet<string>> MacroUses { get; } = new();

    /// <summary>Inside an if or a conditional, an unknown filter or test only fails when it is reached.</summary>
    protected int SoftDepth { get; set; }

    /// <summary>Filters and tests that do not exist, outside of such places.</summary>
    protected List<SyntaxFault> Unknown { get; } = [];

    /// <summary>Bounds a tree that grew by a loop of the parser (a + b + c …), which evaluation would recurse over.</summary>
    protected T Bounded<T>(T expression)
        where T : Expression =>
        expression.Depth <= 4 * MaxNesting ? expression : throw new SyntaxFault(Current.Line, $"an expression nests more than {4 * MaxNesting} deep", TemplateErrorKind.Recursion);

    /// <summary>A whole expression.</summary>
    protected abstract Expression ParseExpression(bool withConditional = true);

    /// <summary>One expression, or several with commas between: a tuple.</summary>
    protected abstract Expression ParseTuple(bool withConditional = true, string? endName = null, bool explicitParentheses = false);

    protected Expression ParsePrimary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return NameOrConstant(token);
            case TokenKind.String:
                var text = token.Text;
                if (Current.Kind == TokenKind.String)
                {
                    var builder = new System.Text.StringBuilder(text);
                    while (Current.Kind == TokenKind.String)
                        builder.Append(Next().Text);
                    text = builder.ToString();
                }
                return new Constant(StrValue.Of(text)) { Line = token.Line };
            case TokenKind.Integer or TokenKind.Float:
                return new Constant(token.Value!) { Line = token.Line };
            case TokenKind.Operator when token.Text == "(":
                Enter();
                var tuple = ParseTuple(explicitParentheses: true);
                ExpectOperator(")");
                Leave();
                return tuple;
            case TokenKind.Operator when token.Text == "[":
                return ParseList(token.Line);
            case TokenKind.Operator when token.Text == "{":
                return ParseDict(token.Line);
            default:
                throw Fail($"unexpected '{token.Describe()}'", token.Line);
        }
    }

    Expression NameOrConstant(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True": return new Constant(BoolValue.True) { Line = token.Line };
            case "false" or "False": return new Constant(BoolValue.False) { Line = token.Line };
            case "none" or "None": return new Constant(NoneValue.Instance) { Line = token.Line };
            case "caller" or "varargs" or "kwargs":
                foreach (var uses in MacroUses)
                    uses.Add(token.Text);
                break;
        }
        return new NameExpression(token.Text, SlotOf(token.Text)) { Line = token.Line };
    }

    Expression ParseList(int line)
    {
        var items = new List<Expression>();
        while (!Current.IsOperator("]"))
        {
            if (items.Count > 0)
                ExpectOperator(",");
            if (Current.IsOperator("]"))
                break;
            items.Add(ParseExpression());
        }
        ExpectOperator("]");
        return new SequenceExpression([.. items], isTuple: false) { Line = line };
    }

    Expression ParseDict(int line)
    {
        var keys = new List<Expression>();
        var values = new List<Expression>();
        while (!Current.IsOperator("}"))
        {
            if (keys.Count > 0)
                ExpectOperator(",");
            if (Current.IsOperator("}"))
                break;
            keys.Add(ParseExpression());
            ExpectOperator(":");
            values.Add(ParseExpression());
        }
        ExpectOperator("}");
        return new DictExpression([.. keys], [.. values]) { Line = line };
    }

    protected Expression ParsePostfix(Expression expression)
    {
        while (Current.Kind == TokenKind.Operator)
        {
            switch (Current.Text)
            {
                case "." or "[":
                    expression = Bounded(ParseSubscript(expression));
                    break;
                case "(":
                    expression = Bounded(ParseCall(expression));
                    break;
                default:
                    return expression;
            }
        }
        return expression;
    }

    protected Expression ParseFilters(Expression expression)
    {
        while (true)
        {
            if (Current.IsOperator("|"))
            {
                Next();
                expression = Bounded(ParseFilter(expression));
            }
            else if (Current.IsName("is"))
            {
                expression = Bounded(ParseTest(expression));
            }
            else if (Current.IsOperator("("))
            {
                expression = Bounded(ParseCall(expression));
            }
            else
            {
                return expression;
            }
        }
    }

    Expression ParseSubscript(Expression target)
    {
        var token = Next();
        if (token.Text == ".")
        {
            var name = Next();
            return name.Kind switch
            {
                TokenKind.Name => new AttributeExpression(target, name.Text) { Line = token.Line },
                TokenKind.Integer => new ItemExpression(target, new Constant(name.Value!)) { Line = token.Line },
                _ => throw Fail("expected name or number", name.Line),
            };
        }
        var keys = new List<Expression>();
        Expression? slice = null;
        while (!Current.IsOperator("]"))
        {
            if (keys.Count > 0 || slice is not null)
                ExpectOperator(",");
            if (slice is not null)
                throw Fail("a slice cannot be one of several indices");
            slice = ParseSlice(target, token.Line, keys);
            if (slice is not null && keys.Count > 0)
                throw Fail("a slice cannot be one of several indices");
        }
        ExpectOperator("]");
        if (slice is not null)
            return slice;
        var key = keys.Count == 1 ? keys[0] : new SequenceExpression([.. keys], isTuple: true) { Line = token.Line };
        return new ItemExpression(target, key) { Line = token.Line };
    }

    SliceExpression? ParseSlice(Expression target, int line, List<Expression> keys)
    {
        Expression? start = null;
        if (!Current.IsOperator(":"))
        {
            start = ParseExpression();
            if (!Current.IsOperator(":"))
            {
                keys.Add(start);
                return null;
            }
        }
        Next();
        Expression? stop = null;
        Expression? step = null;
        if (!Current.IsOperator(":") && !Current.IsOperator("]") && !Current.IsOperator(","))
            stop = ParseExpression();
        if (SkipOperator(":") && !Current.IsOperator("]") && !Current.IsOperator(","))
            step = ParseExpression();
        return new SliceExpression(target, start, stop, step) { Line = line };
    }

    protected CallExpression ParseCall(Expression callee)
    {
        var line = Current.Line;
        return new CallExpression(callee, ParseArguments()) { Line = line };
    }

    ArgumentList ParseArguments()
    {
        var line = Current.Line;
        ExpectOperator("(");
        Enter();
        var positional = new List<Expression>();
        var named = new List<KeyValuePair<string, Expression>>();
        Expression? rest = null;
        Expression? namedRest = null;
        var needsComma = false;
        while (!Current.IsOperator(")"))
        {
            if (needsComma)
            {
                ExpectOperator(",");
                if (Current.IsOperator(")"))
                    break;
            }
            if (SkipOperator("*"))
            {
                Ensure(rest is null && namedRest is null, line);
                rest = ParseExpression();
            }
            else if (SkipOperator("**"))
            {
                Ensure(namedRest is null, line);
                namedRest = ParseExpression();
            }
            else if (Current.Kind == TokenKind.Name && Ahead.IsOperator("="))
            {
                Ensure(namedRest is null, line);
                var name = Next().Text;
                Next();
                if (named.Exists(n => n.Key == name))
                    throw Fail($"keyword argument repeated: {name}");
                named.Add(new(name, ParseExpression()));
            }
            else
            {
                Ensure(rest is null && namedRest is null && named.Count == 0, line);
                positional.Add(ParseExpression());
            }
            needsComma = true;
        }
        ExpectOperator(")");
        Leave();
        return positional.Count == 0 && named.Count == 0 && rest is null && namedRest is null
            ? ArgumentList.Empty
            : new ArgumentList([.. positional], [.. named], rest, namedRest);
    }

    void Ensure(bool holds, int line)
    {
        if (!holds)
            throw Fail("invalid syntax for function call expression", line);
    }

    /// <summary>The filter that begins here, behind its bar.</summary>
    protected FilterExpression ParseFilter(Expression? input)
    {
        var line = Current.Line;
        var name = DottedName();
        if (SoftDepth == 0 && Filters.Find(name) is null)
            Unknown.Add(Fail($"No filter named '{name}'.", line));
        var arguments = Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty;
        return new FilterExpression(input, name, arguments) { Line = line };
    }

    Expression ParseTest(Expression input)
    {
        var line = Next().Line;
        var negated = SkipName("not");
        var name = DottedName();
        if (SoftDepth == 0 && Tests.Find(name) is null)
            Unknown.Add(Fail($"No test named '{name}'.", line));
        var arguments = ArgumentList.Empty;
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (Current.Kind is TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float || Current.IsOperator("[") || Current.IsOperator("{"))
        {
            if (Current.IsName("is"))
                throw Fail("You cannot chain multiple tests with is");
            if (!Current.IsName("else") && !Current.IsName("or") && !Current.IsName("and"))
            {
                Enter();
                arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
                Leave();
            }
        }
        Expression test = new TestExpression(input, name, arguments) { Line = line };
        return negated ? new NotExpression(test) { Line = line } : test;
    }

    string DottedName()
    {
        var name = ExpectName();
        while (SkipOperator("."))
            name += "." + ExpectName();
        return name;
    }
}
