using Sensorium.Text.Templates.Builtins;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>Something with a value. <see cref="Depth"/> is the height of its tree, which the parser bounds, since evaluation recurses over it.</summary>
internal abstract class Expression
{
    public int Line { get; init; }

    public virtual int Depth => 1;

    public TemplateValue Evaluate(RenderState state)
    {
        state.Meter.Step();
        if (Depth > 8)
            Meter.EnsureStack();
        return Compute(state);
    }

    protected abstract TemplateValue Compute(RenderState state);
}

internal sealed class Constant(TemplateValue value) : Expression
{
    public TemplateValue Value => value;

    protected override TemplateValue Compute(RenderState state) => value;
}

internal sealed class NameExpression(string name, int slot) : Expression
{
    public string Name => name;

    public int Slot => slot;

    protected override TemplateValue Compute(RenderState state) => state.Load(slot);
}

internal sealed class SequenceExpression(Expression[] items, bool isTuple) : Expression
{
    public Expression[] Items => items;

    public override int Depth { get; } = 1 + Height(items);

    public static int Height(params ReadOnlySpan<Expression?> parts)
    {
        var height = 0;
        foreach (var part in parts)
            height = Math.Max(height, part?.Depth ?? 0);
        return height;
    }

    protected override TemplateValue Compute(RenderState state)
    {
        state.Meter.AllocateElements(items.Length);
        var values = new TemplateValue[items.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = items[i].Evaluate(state);
        return isTuple ? new TupleValue(values) : new ListValue(values);
    }
}

internal sealed class DictExpression(Expression[] keys, Expression[] values) : Expression
{
    public override int Depth { get; } = 1 + Math.Max(SequenceExpression.Height(keys), SequenceExpression.Height(values));

    protected override TemplateValue Compute(RenderState state)
    {
        state.Meter.AllocateElements(2L * keys.Length);
        var dict = new DictValue();
        for (var i = 0; i < keys.Length; i++)
        {
            var key = keys[i].Evaluate(state);
            dict.Set(key, values[i].Evaluate(state));
        }
        return dict;
    }
}

internal sealed class BinaryExpression(Operator op, Expression left, Expression right) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(left, right);

    protected override TemplateValue Compute(RenderState state)
    {
        var a = left.Evaluate(state);
        var b = right.Evaluate(state);
        state.Line = Line;
        return Arithmetic.Apply(state, op, a, b);
    }
}

internal sealed class UnaryExpression(bool negates, Expression operand) : Expression
{
    public override int Depth { get; } = 1 + operand.Depth;

    protected override TemplateValue Compute(RenderState state)
    {
        var value = operand.Evaluate(state);
        return negates ? Arithmetic.Negate(value) : Arithmetic.Plus(value);
    }
}

internal sealed class NotExpression(Expression operand) : Expression
{
    public override int Depth { get; } = 1 + operand.Depth;

    protected override TemplateValue Compute(RenderState state) => BoolValue.Of(!operand.Evaluate(state).IsTrue);
}

/// <summary>and, or: the value of the operand that decides.</summary>
internal sealed class LogicalExpression(bool isAnd, Expression left, Expression right) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(left, right);

    protected override TemplateValue Compute(RenderState state)
    {
        var value = left.Evaluate(state);
        return value.IsTrue == isAnd ? right.Evaluate(state) : value;
    }
}

internal sealed class ConditionalExpression(Expression test, Expression then, Expression? otherwise) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(test, then, otherwise);

    protected override TemplateValue Compute(RenderState state)
    {
        if (test.Evaluate(state).IsTrue)
            return then.Evaluate(state);
        return otherwise?.Evaluate(state)
            ?? UndefinedValue.Because($"the inline if-expression on line {Line} evaluated to false and no else section was defined.");
    }
}

/// <summary>a &lt; b &lt; c …: every neighbouring pair must hold.</summary>
internal sealed class CompareExpression(Expression first, string[] operators, Expression[] operands) : Expression
{
    public override int Depth { get; } = 1 + Math.Max(first.Depth, SequenceExpression.Height(operands));

    protected override TemplateValue Compute(RenderState state)
    {
        var left = first.Evaluate(state);
        for (var i = 0; i < operators.Length; i++)
        {
            var right = operands[i].Evaluate(state);
            state.Line = Line;
            if (!Compare(state, operators[i], left, right))
                return BoolValue.False;
            left = right;
        }
        return BoolValue.True;
    }

    static bool Compare(RenderState state, string op, TemplateValue left, TemplateValue right) => op switch
    {
        "==" => Comparison.Equal(left, right),
        "!=" => !Comparison.Equal(left, right),
        "in" => Comparison.Contains(state, right, left),
        "not in" => !Comparison.Contains(state, right, left),
        _ => Comparison.Order(op, left, right),
    };
}

/// <summary>a ~ b: the texts of both.</summary>
internal sealed class ConcatExpression(Expression[] parts) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(parts);

    protected override TemplateValue Compute(RenderState state)
    {
        var texts = new string[parts.Length];
        var markup = false;
        var values = new TemplateValue[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            values[i] = parts[i].Evaluate(state);
            markup |= state.Autoescape && values[i] is StrValue { IsMarkup: true };
        }
        var total = 0L;
        for (var i = 0; i < parts.Length; i++)
        {
            texts[i] = markup ? Html.Escape(state, values[i]).Text : Printer.Str(state.Meter, values[i]);
            total += texts[i].Length;
        }
        state.Meter.Allocate(total);
        var text = string.Concat(texts);
        return markup ? StrValue.Markup(text) : StrValue.Of(text);
    }
}

internal sealed class AttributeExpression(Expression target, string name) : Expression
{
    public Expression Target => target;

    public string Name => name;

    public override int Depth { get; } = 1 + target.Depth;

    protected override TemplateValue Compute(RenderState state)
    {
        var value = target.Evaluate(state);
        state.Line = Line;
        return Access.Attribute(value, name);
    }
}

internal sealed class ItemExpression(Expression target, Expression key) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(target, key);

    protected override TemplateValue Compute(RenderState state)
    {
        var value = target.Evaluate(state);
        var index = key.Evaluate(state);
        state.Line = Line;
        return Access.Item(value, index);
    }
}

internal sealed class SliceExpression(Expression target, Expression? start, Expression? stop, Expression? step) : Expression
{
    public override int Depth { get; } = 1 + SequenceExpression.Height(target, start, stop, step);

    protected override TemplateValue Compute(RenderState state)
    {
        var value = target.Evaluate(state);
        var (from, to, by) = (start?.Evaluate(state), stop?.Evaluate(state), step?.Evaluate(state));
        state.Line = Line;
        return Access.Slice(state, value, from, to, by);
    }
}

/// <summary>The arguments of a call, filter or test as written.</summary>
internal sealed class ArgumentList(Expression[] positional, KeyValuePair<string, Expression>[] named, Expression? rest, Expression? namedRest)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);

    public int Depth { get; } = Height(positional, named, rest, namedRest);

    public Arguments Evaluate(RenderState state)
    {
        if (positional.Length == 0 && named.Length == 0 && rest is null && namedRest is null)
            return Arguments.None;
        var values = new TemplateValue[positional.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = positional[i].Evaluate(state);
        if (rest is not null)
        {
            var more = rest.Evaluate(state);
            if (more is UndefinedValue)
                more = ListValue.Empty;
            values = [.. values, .. Iteration.ToArray(state, more)];
        }
        if (named.Length == 0 && namedRest is null)
            return new Arguments(values, []);
        var pairs = new List<KeyValuePair<string, TemplateValue>>(named.Length);
        foreach (var (key, expression) in named)
            pairs.Add(new(key, expression.Evaluate(state)));
        if (namedRest is not null)
            Spread(namedRest.Evaluate(state), pairs);
        return new Arguments(values, [.. pairs]);
    }

    static void Spread(TemplateValue value, List<KeyValuePair<string, TemplateValue>> pairs)
    {
        if (value is not DictValue dict)
            throw Fault.Type($"argument after ** must be a mapping, not {value.TypeName}");
        for (var i = 0; i < dict.Count; i++)
        {
            if (dict.KeyAt(i) is not StrValue key)
                throw Fault.Type("keywords must be strings");
            if (pairs.Exists(p => p.Key == key.Text))
                throw Fault.Type($"got multiple values for keyword argument '{key.Text}'");
            pairs.Add(new(key.Text, dict.ValueAt(i)));
        }
    }

    static int Height(Expression[] positional, KeyValuePair<string, Expression>[] named, Expression? rest, Expression? namedRest)
    {
        var height = Math.Max(SequenceExpression.Height(positional), SequenceExpression.Height(rest, namedRest));
        foreach (var (_, value) in named)
            height = Math.Max(height, value.Depth);
        return height;
    }
}

internal sealed class CallExpression(Expression callee, ArgumentList arguments) : Expression
{
    public override int Depth { get; } = 1 + Math.Max(callee.Depth, arguments.Depth);

    public TemplateValue Invoke(RenderState state, MacroValue? caller)
    {
        // A method of a text, list or mapping runs without a detour over a bound method.
        if (callee is AttributeExpression attribute && caller is null)
        {
            var owner = attribute.Target.Evaluate(state);
            state.Line = Line;
            if (owner is StrValue or ListValue or DictValue && !Methods.Changes(owner, attribute.Name) && Methods.Has(owner, attribute.Name))
            {
                var own = arguments.Evaluate(state);
                state.Line = Line;
                return Methods.Call(state, owner, attribute.Name, own);
            }
            return Call(state, Access.Attribute(owner, attribute.Name), null);
        }
        return Call(state, callee.Evaluate(state), caller);
    }

    protected override TemplateValue Compute(RenderState state) => Invoke(state, null);

    TemplateValue Call(RenderState state, TemplateValue function, MacroValue? caller)
    {
        var given = arguments.Evaluate(state);
        if (caller is not null)
            given = new Arguments(given.Positional, [.. given.Named, new("caller", caller)]);
        state.Line = Line;
        return function switch
        {
            Callable callable => callable.Call(state, given),
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw Fault.Type($"'{function.TypeName}' object is not callable"),
        };
    }
}

internal sealed class FilterExpression(Expression? input, string name, ArgumentList arguments) : Expression
{
    readonly Filter? filter = Filters.Find(name);

    public override int Depth { get; } = 1 + Math.Max(input?.Depth ?? 0, arguments.Depth);

    /// <summary>The filter on a given value: what a filter block or a set block is filtered by, where the input is null.</summary>
    public TemplateValue Apply(RenderState state, TemplateValue? block)
    {
        TemplateValue value;
        if (input is null)
            value = block!;
        else if (input is FilterExpression inner)
            value = inner.Apply(state, block);
        else
            value = input.Evaluate(state);
        if (filter is null)
            throw new Fault(TemplateErrorKind.Runtime, $"No filter named '{name}'.");
        var given = arguments.Evaluate(state);
        state.Line = Line;
        return filter(state, value, given);
    }

    protected override TemplateValue Compute(RenderState state) => Apply(state, null);
}

internal sealed class TestExpression(Expression input, string name, ArgumentList arguments) : Expression
{
    readonly Test? test = Tests.Find(name);

    public override int Depth { get; } = 1 + Math.Max(input.Depth, arguments.Depth);

    protected override TemplateValue Compute(RenderState state)
    {
        var value = input.Evaluate(state);
        if (test is null)
            throw new Fault(TemplateErrorKind.Runtime, $"No test named '{name}'.");
        var given = arguments.Evaluate(state);
        state.Line = Line;
        return BoolValue.Of(test(state, value, given));
    }
}
