using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

internal delegate bool Test(RenderState state, TemplateValue value, Arguments arguments);

/// <summary>Jinja2's tests by name.</summary>
internal static class Tests
{
    public static Test? Find(string name) => name switch
    {
        "boolean" => Plain(name, static v => v is BoolValue),
        "callable" => Plain(name, static v => v is Callable or UndefinedValue),
        "defined" => Plain(name, static v => v is not UndefinedValue),
        "undefined" => Plain(name, static v => v is UndefinedValue),
        "escaped" => Plain(name, static v => v is StrValue { IsMarkup: true }),
        "false" => Plain(name, static v => v is BoolValue && !v.IsTrue),
        "true" => Plain(name, static v => v is BoolValue && v.IsTrue),
        "float" => Plain(name, static v => v is FloatValue),
        "integer" => Plain(name, static v => v is IntValue),
        "iterable" => Plain(name, static v => Iteration.TryOf(v) is not null),
        "mapping" => Plain(name, static v => v is DictValue),
        "none" => Plain(name, static v => v is NoneValue),
        "number" => Plain(name, Comparison.IsNumber),
        "sequence" => Plain(name, static v => v is StrValue or SequenceValue or DictValue or RangeValue or UndefinedValue),
        "string" => Plain(name, static v => v is StrValue),
        "lower" => (state, value, _) => HasCase(state, value, "islower"),
        "upper" => (state, value, _) => HasCase(state, value, "isupper"),
        "odd" => (state, value, _) => Comparison.Equal(Remainder(state, value, IntValue.Of(2)), IntValue.Of(1)),
        "even" => (state, value, _) => Comparison.Equal(Remainder(state, value, IntValue.Of(2)), IntValue.Of(0)),
        "divisibleby" => (state, value, arguments) => Comparison.Equal(Remainder(state, value, One(name, arguments, "num")), IntValue.Of(0)),
        "eq" or "equalto" or "==" => (_, value, arguments) => Comparison.Equal(value, One(name, arguments)),
        "ne" or "!=" => (_, value, arguments) => !Comparison.Equal(value, One(name, arguments)),
        "ge" or ">=" => (_, value, arguments) => Comparison.Order(">=", value, One(name, arguments)),
        "gt" or "greaterthan" or ">" => (_, value, arguments) => Comparison.Order(">", value, One(name, arguments)),
        "le" or "<=" => (_, value, arguments) => Comparison.Order("<=", value, One(name, arguments)),
        "lt" or "lessthan" or "<" => (_, value, arguments) => Comparison.Order("<", value, One(name, arguments)),
        "in" => (state, value, arguments) => Comparison.Contains(state, One(name, arguments, "seq"), value),
        "sameas" => (_, value, arguments) => Same(value, One(name, arguments, "other")),
        "filter" => (_, value, _) => value is StrValue text && Filters.Find(text.Text) is not null,
        "test" => (_, value, _) => value is StrValue text && Find(text.Text) is not null,
        _ => null,
    };

    static Test Plain(string name, Func<TemplateValue, bool> test) => (_, value, arguments) =>
    {
        if (arguments.Count > 0)
            throw Fault.Type($"the test '{name}' takes no arguments ({arguments.Count} given)");
        return test(value);
    };

    static TemplateValue One(string name, Arguments arguments, string parameter = "b") => arguments.Bind(name, 1, parameter)[0]!;

    static bool HasCase(RenderState state, TemplateValue value, string which)
    {
        var text = Printer.Str(state.Meter, value);
        state.Meter.Step(text.Length >> 2);
        return StringCase.Is(text, which);
    }

    static TemplateValue Remainder(RenderState state, TemplateValue value, TemplateValue by) => Arithmetic.Apply(state, Operator.Modulo, value, by);

    /// <summary>Identity. Python keeps one object for None, the truth values and small numbers; texts are taken to be shared where they are equal.</summary>
    static bool Same(TemplateValue a, TemplateValue b) => ReferenceEquals(a, b) || (a, b) switch
    {
        (IntValue { IsSmall: true } x, IntValue { IsSmall: true } y) => x.Small64 == y.Small64,
        (StrValue x, StrValue y) => x.Text == y.Text,
        _ => false,
    };
}
