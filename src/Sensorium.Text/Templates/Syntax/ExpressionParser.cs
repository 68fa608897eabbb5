using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>Expressions, by Jinja2's precedence: conditional, or, and, not, comparison, sum, ~, product, power, sign, and below them what <see cref="OperandParser"/> reads.</summary>
internal abstract class ExpressionParser(List<Token> tokens, int maxNesting) : OperandParser(tokens, maxNesting)
{
    protected override Expression ParseExpression(bool withConditional = true)
    {
        Enter();
        var expression = withConditional ? ParseConditional() : ParseOr();
        Leave();
        return expression;
    }

    protected override Expression ParseTuple(bool withConditional = true, string? endName = null, bool explicitParentheses = false)
    {
        var line = Current.Line;
        var items = new List<Expression>();
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0)
                ExpectOperator(",");
            if (Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || Current.IsOperator(")") || (endName is not null && Current.IsName(endName)))
                break;
            items.Add(ParseExpression(withConditional));
            if (!Current.IsOperator(","))
                break;
            isTuple = true;
        }
        if (!isTuple)
        {
            if (items.Count > 0)
                return items[0];
            if (!explicitParentheses)
                throw Fail($"Expected an expression, got '{Current.Describe()}'");
        }
        return new SequenceExpression([.. items], isTuple: true) { Line = line };
    }

    Expression ParseConditional()
    {
        var line = Current.Line;
        var known = Unknown.Count;
        var expression = ParseOr();
        while (SkipName("if"))
        {
            var test = ParseOr();
            Expression? otherwise = null;
            if (SkipName("else"))
            {
                Enter();
                otherwise = ParseConditional();
                Leave();
            }
            Unknown.RemoveRange(known, Unknown.Count - known);
            expression = Bounded(new ConditionalExpression(test, expression, otherwise) { Line = line });
            line = Current.Line;
        }
        return expression;
    }

    Expression ParseOr()
    {
        var left = ParseAnd();
        while (Current.IsName("or"))
        {
            var line = Next().Line;
            left = Bounded(new LogicalExpression(isAnd: false, left, ParseAnd()) { Line = line });
        }
        return left;
    }

    Expression ParseAnd()
    {
        var left = ParseNot();
        while (Current.IsName("and"))
        {
            var line = Next().Line;
            left = Bounded(new LogicalExpression(isAnd: true, left, ParseNot()) { Line = line });
        }
        return left;
    }

    Expression ParseNot()
    {
        if (!Current.IsName("not"))
            return ParseCompare();
        var line = Next().Line;
        Enter();
        var operand = ParseNot();
        Leave();
        return Bounded(new NotExpression(operand) { Line = line });
    }

    Expression ParseCompare()
    {
        var line = Current.Line;
        var first = ParseSum();
        List<string>? operators = null;
        List<Expression>? operands = null;
        while (CompareOperator() is { } op)
        {
            (operators ??= []).Add(op);
            (operands ??= []).Add(ParseSum());
        }
        return operators is null ? first : Bounded(new CompareExpression(first, [.. operators], [.. operands!]) { Line = line });
    }

    string? CompareOperator()
    {
        var token = Current;
        if (token.Kind == TokenKind.Operator)
            return token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=" ? Next().Text : null;
        if (token.IsName("in"))
            return Next().Text;
        if (token.IsName("not") && Ahead.IsName("in"))
        {
            Next();
            Next();
            return "not in";
        }
        return null;
    }

    Expression ParseSum()
    {
        var left = ParseConcat();
        while (Current.Kind == TokenKind.Operator && Current.Text is "+" or "-")
        {
            var sign = Next();
            left = Bounded(new BinaryExpression(sign.Text == "+" ? Operator.Add : Operator.Subtract, left, ParseConcat()) { Line = sign.Line });
        }
        return left;
    }

    Expression ParseConcat()
    {
        var line = Current.Line;
        var first = ParseProduct();
        if (!Current.IsOperator("~"))
            return first;
        var parts = new List<Expression> { first };
        while (SkipOperator("~"))
            parts.Add(ParseProduct());
        return Bounded(new ConcatExpression([.. parts]) { Line = line });
    }

    Expression ParseProduct()
    {
        var left = ParsePower();
        while (Current.Kind == TokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
        {
            var sign = Next();
            var op = sign.Text switch
            {
                "*" => Operator.Multiply,
                "/" => Operator.Divide,
                "//" => Operator.FloorDivide,
                _ => Operator.Modulo,
            };
            left = Bounded(new BinaryExpression(op, left, ParsePower()) { Line = sign.Line });
        }
        return left;
    }

    Expression ParsePower()
    {
        var left = ParseUnary(withFilter: true);
        while (Current.IsOperator("**"))
        {
            var line = Next().Line;
            left = Bounded(new BinaryExpression(Operator.Power, left, ParseUnary(withFilter: true)) { Line = line });
        }
        return left;
    }

    Expression ParseUnary(bool withFilter)
    {
        var line = Current.Line;
        Expression expression;
        if (Current.Kind == TokenKind.Operator && Current.Text is "-" or "+")
        {
            var negates = Next().Text == "-";
            Enter();
            expression = Bounded(new UnaryExpression(negates, ParseUnary(withFilter: false)) { Line = line });
            Leave();
        }
        else
        {
            expression = ParsePrimary();
        }
        expression = ParsePostfix(expression);
        return withFilter ? ParseFilters(expression) : expression;
    }
}
