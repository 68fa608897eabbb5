using Sensorium.Text.Templates.Syntax;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>A macro, or the body of a call block as its macro sees it.</summary>
internal sealed class MacroValue(MacroDefinition definition, Frame? closure) : Callable
{
    public Frame? Closure { get; } = closure;

    internal override string TypeName => "Macro";

    public override string Description => definition.Name is null ? "<Macro anonymous>" : $"<Macro '{definition.Name}'>";

    public TemplateValue? Attribute(string name) => name switch
    {
        "name" => definition.Name is null ? None : StrValue.Of(definition.Name),
        "arguments" => new TupleValue([.. definition.Parameters.Select(p => StrValue.Of(p.Name))]),
        "catch_kwargs" => BoolValue.Of(definition.UsesKwargs),
        "catch_varargs" => BoolValue.Of(definition.UsesVarargs),
        "caller" => BoolValue.Of(definition.UsesCaller),
        _ => null,
    };

    public override TemplateValue Call(RenderState state, Arguments arguments)
    {
        var frame = new Frame(Closure);
        var rest = Bind(arguments, frame);
        var (outerScope, line) = (state.Scope, state.Line);
        state.Meter.EnterCall();
        state.Scope = frame;
        if (outerScope is not null)
            state.Held.Add(outerScope);
        var outer = state.BeginCapture();
        try
        {
            Defaults(state, frame);
            definition.UseRest(frame, rest);
            foreach (var statement in definition.Body)
                statement.Execute(state);
        }
        finally
        {
            state.Scope = outerScope;
            state.Meter.LeaveCall();
        }
        var text = state.EndCapture(outer);
        if (outerScope is not null)
            state.Held.RemoveAt(state.Held.Count - 1);
        state.Line = line;
        return text;
    }

    (TupleValue Varargs, DictValue Kwargs, TemplateValue? Caller) Bind(Arguments arguments, Frame frame)
    {
        var parameters = definition.Parameters;
        var positional = Math.Min(arguments.Positional.Length, parameters.Length);
        for (var i = 0; i < positional; i++)
            frame.Set(parameters[i].Slot, arguments.Positional[i]);
        var kwargs = new DictValue();
        TemplateValue? caller = null;
        foreach (var (key, value) in arguments.Named)
        {
            var at = Array.FindIndex(parameters, positional, p => p.Name == key);
            if (at >= 0)
                frame.Set(parameters[at].Slot, value);
            else if (key == "caller" && definition.UsesCaller)
                caller = value;
            else if (definition.UsesKwargs)
                kwargs.Set(StrValue.Of(key), value);
            else
                throw Fault.Type($"macro '{definition.Name}' takes no keyword argument '{key}'");
        }
        if (arguments.Positional.Length > parameters.Length && !definition.UsesVarargs)
            throw Fault.Type($"macro '{definition.Name}' takes not more than {parameters.Length} argument(s)");
        return (new TupleValue(arguments.Positional[positional..]), kwargs, caller);
    }

    void Defaults(RenderState state, Frame frame)
    {
        foreach (var parameter in definition.Parameters)
        {
            if (frame.Get(parameter.Slot) is null)
                frame.Set(parameter.Slot, parameter.Default?.Evaluate(state) ?? UndefinedValue.Because($"parameter '{parameter.Name}' was not provided"));
        }
    }
}
