namespace Sensorium.Text.Templates.Runtime;

/// <summary>The variable <c>loop</c> inside a for loop. It looks ahead by one only when asked whether this is the last round.</summary>
internal sealed class LoopValue(Iteration source, int depth0, Func<RenderState, TemplateValue, int, TemplateValue>? recurse) : Callable
{
    Iteration source = source;
    TemplateValue? current;
    TemplateValue? before;
    TemplateValue? after;
    TemplateValue? changed;
    long? length = source.Length;

    internal override string TypeName => "LoopContext";

    public override string Description => "<LoopContext>";

    public long Index0 { get; private set; } = -1;

    public long Length
    {
        get
        {
            if (length is null)
            {
                var rest = new List<TemplateValue>();
                while (source.TryNext(out var item))
                {
                    Meter.Current?.AllocateElements(1);
                    rest.Add(item);
                }
                length = rest.Count + Index0 + 1 + (after is null ? 0 : 1);
                source = new Iteration(((IEnumerable<TemplateValue>)rest).GetEnumerator());
            }
            return length.Value;
        }
    }

    public bool TryAdvance()
    {
        TemplateValue? item;
        if (after is not null)
        {
            item = after;
            after = null;
        }
        else if (!source.TryNext(out item))
        {
            return false;
        }
        Index0++;
        before = current;
        current = item;
        return true;
    }

    public TemplateValue Current => current!;

    public IEnumerator<TemplateValue> Remaining()
    {
        while (TryAdvance())
            yield return new TupleValue([Current, this]);
    }

    public TemplateValue? Attribute(string name) => name switch
    {
        "index" => IntValue.Of(Index0 + 1),
        "index0" => IntValue.Of(Index0),
        "first" => BoolValue.Of(Index0 == 0),
        "last" => BoolValue.Of(Peek() is null),
        "length" => IntValue.Of(Length),
        "revindex" => IntValue.Of(Length - Index0),
        "revindex0" => IntValue.Of(Length - Index0 - 1),
        "previtem" => Index0 == 0 ? UndefinedValue.Because("there is no previous item") : before,
        "nextitem" => Peek() ?? UndefinedValue.Because("there is no next item"),
        "depth" => IntValue.Of(depth0 + 1),
        "depth0" => IntValue.Of(depth0),
        "cycle" => new BuiltinFunction("cycle", (_, arguments) =>
        {
            var items = arguments.Expect("cycle", 0, int.MaxValue);
            return items.Length == 0 ? throw Fault.Type("no items for cycling given") : items[(int)(Index0 % items.Length)];
        }),
        "changed" => new BuiltinFunction("changed", (_, arguments) => BoolValue.Of(Changed(new TupleValue(arguments.Expect("changed", 0, int.MaxValue))))),
        _ => null,
    };

    public override TemplateValue Call(RenderState state, Arguments arguments)
    {
        if (recurse is null)
            throw Fault.Type("The loop must have the 'recursive' marker to be called recursively.");
        return recurse(state, arguments.Bind("loop", 1, "iterable")[0]!, depth0 + 1);
    }

    TemplateValue? Peek()
    {
        if (after is null && source.TryNext(out var item))
            after = item;
        return after;
    }

    bool Changed(TemplateValue values)
    {
        if (changed is not null && Comparison.Equal(changed, values))
            return false;
        changed = values;
        return true;
    }
}
