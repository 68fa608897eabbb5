using Sensorium.Text.Templates.Builtins;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Something that a template can call.</summary>
internal abstract class Callable : TemplateValue
{
    public abstract string Description { get; }

    public abstract TemplateValue Call(RenderState state, Arguments arguments);
}

/// <summary>A function of the environment.</summary>
internal sealed class BuiltinFunction(string name, Func<RenderState, Arguments, TemplateValue> body, bool isClass = false) : Callable
{
    internal override string TypeName => isClass ? "type" : "function";

    public override string Description => isClass ? $"<class '{name}'>" : $"<function {name}>";

    public override TemplateValue Call(RenderState state, Arguments arguments) => body(state, arguments);
}

/// <summary>A method taken off its object.</summary>
internal sealed class BoundMethod(TemplateValue owner, string name) : Callable
{
    internal override string TypeName => "builtin_function_or_method";

    public override string Description => $"<built-in method {name} of {owner.TypeName} object>";

    public override TemplateValue Call(RenderState state, Arguments arguments) => Methods.Call(state, owner, name, arguments);
}

/// <summary>cycler(): gives its values in turn.</summary>
internal sealed class CyclerValue(TemplateValue[] items) : TemplateValue
{
    int position;

    internal override string TypeName => "Cycler";

    public TemplateValue Current => items[position];

    public TemplateValue Next()
    {
        var current = Current;
        position = (position + 1) % items.Length;
        return current;
    }

    public void Reset() => position = 0;

    public TemplateValue? Attribute(string name) => name switch
    {
        "current" => Current,
        "next" => new BuiltinFunction("next", (_, arguments) =>
        {
            arguments.Expect("next", 0, 0);
            return Next();
        }),
        "reset" => new BuiltinFunction("reset", (_, arguments) =>
        {
            arguments.Expect("reset", 0, 0);
            Reset();
            return None;
        }),
        "items" => new TupleValue(items),
        "pos" => IntValue.Of(position),
        _ => null,
    };
}

/// <summary>joiner(): nothing at the first call, the separator at every later one.</summary>
internal sealed class JoinerValue(TemplateValue separator) : Callable
{
    bool used;

    internal override string TypeName => "Joiner";

    public override string Description => "<Joiner object>";

    public override TemplateValue Call(RenderState state, Arguments arguments)
    {
        arguments.Expect("joiner", 0, 0);
        if (used)
            return separator;
        used = true;
        return StrValue.Empty;
    }
}
