using System.Diagnostics.CodeAnalysis;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Python's iter() over any value that has one.</summary>
internal sealed class Iteration
{
    readonly TemplateValue[]? items;
    readonly IEnumerator<TemplateValue>? values;
    int next;

    Iteration(TemplateValue[] items)
    {
        this.items = items;
        Length = items.Length;
    }

    public Iteration(IEnumerator<TemplateValue> values, long? length = null)
    {
        this.values = values;
        Length = length;
    }

    /// <summary>How many values there are, where the source knows without looking.</summary>
    public long? Length { get; }

    public bool TryNext([NotNullWhen(true)] out TemplateValue? value)
    {
        if (items is not null)
        {
            if (next < items.Length)
            {
                value = items[next++];
                return true;
            }
        }
        else if (values!.MoveNext())
        {
            value = values.Current;
            return true;
        }
        value = null;
        return false;
    }

    public static Iteration Of(TemplateValue value, string? message = null) =>
        TryOf(value) ?? throw Fault.Type(message ?? $"'{value.TypeName}' object is not iterable");

    public static Iteration? TryOf(TemplateValue value) => value switch
    {
        SequenceValue sequence => new Iteration(sequence.Items),
        StrValue text => new Iteration(text.CodePoints().GetEnumerator(), text.Length),
        DictValue dict => new Iteration(dict.Keys.ToArray()),
        DictView view => new Iteration(ViewItems(view), view.Dict.Count),
        RangeValue range => new Iteration(RangeItems(range), range.Length),
        GeneratorValue generator => new Iteration(generator.Values),
        UndefinedValue => new Iteration([]),
        LoopValue loop => new Iteration(loop.Remaining()),
        _ => null,
    };

    /// <summary>list(value), within the budget.</summary>
    public static TemplateValue[] ToArray(RenderState state, TemplateValue value)
    {
        switch (value)
        {
            case SequenceValue sequence:
                state.Meter.AllocateElements(sequence.Items.Length);
                return sequence.Items;
            case DictValue dict:
                state.Meter.AllocateElements(dict.Count);
                return dict.Keys.ToArray();
        }
        var source = Of(value);
        var list = new List<TemplateValue>();
        while (source.TryNext(out var item))
        {
            state.Meter.AllocateElements(1);
            list.Add(item);
        }
        return [.. list];
    }

    /// <summary>len(value), or null where the type has none.</summary>
    public static long? LengthOf(TemplateValue value) => value switch
    {
        StrValue text => text.Length,
        SequenceValue sequence => sequence.Items.Length,
        DictValue dict => dict.Count,
        DictView view => view.Dict.Count,
        RangeValue range => range.Length,
        UndefinedValue => 0,
        LoopValue loop => loop.Length,
        _ => null,
    };

    static IEnumerator<TemplateValue> ViewItems(DictView view)
    {
        for (var i = 0; i < view.Dict.Count; i++)
            yield return view.At(i);
    }

    static IEnumerator<TemplateValue> RangeItems(RangeValue range)
    {
        for (var i = 0L; i < range.Length; i++)
            yield return range.At(i);
    }
}
