using System.Text;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Measures what a rendering can still reach, each value once, so that what it has dropped does not count against it.</summary>
internal sealed class Survey
{
    readonly HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
    readonly Stack<TemplateValue> pending = new();
    long total;

    public long Measure(RenderState state, ReadOnlySpan<TemplateValue?> root)
    {
        total = state.Output.Length;
        Push(root);
        Frames(state.Scope);
        foreach (var held in state.Held)
        {
            switch (held)
            {
                case StringBuilder builder: total += builder.Length; break;
                case Frame frame: Frames(frame); break;
                case TemplateValue value: Push([value]); break;
            }
        }
        while (pending.TryPop(out var value))
            Visit(value);
        return total;
    }

    void Visit(TemplateValue value)
    {
        total += value.Weight;
        switch (value)
        {
            case SequenceValue sequence: Push(sequence.Items); break;
            case DictValue dict:
                Push(dict.Keys);
                Push(dict.Values);
                break;
            case DictView view: Push([view.Dict]); break;
            case NamespaceValue space: Push([.. space.Attributes.Values]); break;
            case MacroValue macro: Frames(macro.Closure); break;
        }
    }

    void Push(ReadOnlySpan<TemplateValue?> values)
    {
        foreach (var value in values)
        {
            if (value is not null && seen.Add(value))
                pending.Push(value);
        }
    }

    void Frames(Frame? frame)
    {
        for (; frame is not null && seen.Add(frame); frame = frame.Parent)
            Push(frame.Values);
    }
}
