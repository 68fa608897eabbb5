using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(RenderState state, TemplateValue value);
}

internal sealed class NameTarget(string name, int slot) : Target
{
    public string Name => name;

    public int Slot => slot;

    public override void Assign(RenderState state, TemplateValue value) => state.Store(slot, value);
}

/// <summary>{% set ns.name = value %}</summary>
internal sealed class NamespaceTarget(int slot, string attribute) : Target
{
    public override void Assign(RenderState state, TemplateValue value)
    {
        if (state.Load(slot) is not NamespaceValue space)
            throw new Fault(TemplateErrorKind.Runtime, "cannot assign attribute on non-namespace object");
        if (!space.Attributes.ContainsKey(attribute))
            state.Meter.AllocateElements(2);
        space.Attributes[attribute] = value;
    }
}

/// <summary>a, b = value</summary>
internal sealed class TupleTarget(Target[] parts) : Target
{
    public override void Assign(RenderState state, TemplateValue value)
    {
        var items = Iteration.Of(value, $"cannot unpack non-iterable {value.TypeName} object");
        var values = new TemplateValue[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!items.TryNext(out var item))
                throw Fault.Value($"not enough values to unpack (expected {parts.Length}, got {i})");
            values[i] = item;
        }
        if (items.TryNext(out _))
            throw Fault.Value($"too many values to unpack (expected {parts.Length})");
        for (var i = 0; i < parts.Length; i++)
            parts[i].Assign(state, values[i]);
    }
}
