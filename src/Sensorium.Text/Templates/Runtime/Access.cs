using Sensorium.Text.Templates.Builtins;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Attributes, items and slices, as Jinja2's immutable sandbox gives them.</summary>
internal static class Access
{
    /// <summary>value.name: an attribute, else an item.</summary>
    public static TemplateValue Attribute(TemplateValue value, string name)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Fail();
        if (value is DictValue dict)
        {
            if (!Methods.IsDictMethod(name) && dict.Get(name) is { } item)
                return item;
        }
        return Own(value, name)
            ?? (value is DictValue other && other.Get(name) is { } found ? found : new UndefinedValue(name, value));
    }

    /// <summary>value[key]: an item, else an attribute.</summary>
    public static TemplateValue Item(TemplateValue value, TemplateValue key)
    {
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Fail();
            case DictValue dict:
                if (key is not (ListValue or DictValue) && dict.Get(key) is { } item)
                    return item;
                break;
            case SequenceValue sequence:
                if (Comparison.TryLong(key, out var index) && TryIndex(index, sequence.Items.Length, out var at))
                    return sequence.Items[at];
                break;
            case StrValue text:
                if (Comparison.TryLong(key, out index) && TryIndex(index, text.Length, out at))
                    return text.IsFlat ? text.Like(text.Text[at].ToString()) : text.Like(text.Substring(at, 1));
                break;
            case RangeValue range:
                if (Comparison.TryLong(key, out index) && TryIndex(index, (int)range.Length, out at))
                    return range.At(at);
                break;
        }
        return (key is StrValue name ? Own(value, name.Text) : null) ?? UndefinedValue.Element(value, key);
    }

    /// <summary>value[start:stop:step], on sequences and texts only.</summary>
    public static TemplateValue Slice(RenderState state, TemplateValue value, TemplateValue? start, TemplateValue? stop, TemplateValue? step)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Fail();
        if (value is not (StrValue or SequenceValue or RangeValue))
            throw Fault.Type(value is DictValue ? "unhashable type: 'slice'" : $"'{value.TypeName}' object is not subscriptable");
        var length = (int)Iteration.LengthOf(value)!.Value;
        var by = Bound(step) ?? 1;
        if (by == 0)
            throw Fault.Value("slice step cannot be zero");
        var (low, high) = by > 0 ? (0, length) : (-1, length - 1);
        var from = Clamp(Bound(start), by > 0 ? low : high, low, high, length);
        var to = Clamp(Bound(stop), by > 0 ? high : low, low, high, length);
        var count = by > 0
            ? to > from ? (to - from - 1) / by + 1 : 0
            : from > to ? (from - to - 1) / -by + 1 : 0;
        switch (value)
        {
            case StrValue text:
                state.Meter.Allocate(count);
                if (by == 1)
                    return count == length ? text : text.Like(text.Substring((int)from, (int)count));
                return text.Like(Stride(text, from, by, (int)count));
            case SequenceValue sequence:
                state.Meter.AllocateElements(count);
                if (by == 1)
                    return sequence.Like(sequence.Items.AsSpan((int)from, (int)count).ToArray());
                var items = new TemplateValue[count];
                for (var i = 0; i < items.Length; i++)
                    items[i] = sequence.Items[from + i * by];
                return sequence.Like(items);
            default:
                var range = (RangeValue)value;
                return new RangeValue(range.Start + from * range.Step, range.Start + to * range.Step, range.Step * by, count);
        }
    }

    /// <summary>What an object has itself; null where it has no such attribute.</summary>
    static TemplateValue? Own(TemplateValue value, string name)
    {
        if (value is NamespaceValue space)
            return space.Attributes.TryGetValue(name, out var attribute) ? Guard(value, name, attribute) : null;
        var own = value switch
        {
            LoopValue loop => loop.Attribute(name),
            MacroValue macro => macro.Attribute(name),
            CyclerValue cycler => cycler.Attribute(name),
            TupleValue { IsGroup: true } group when name is "grouper" => group.Items[0],
            TupleValue { IsGroup: true } group when name is "list" => group.Items[1],
            BlocksValue blocks => blocks.Attribute(name),
            RangeValue range => name switch
            {
                "start" => IntValue.Of(range.Start),
                "stop" => IntValue.Of(range.Stop),
                "step" => IntValue.Of(range.Step),
                _ => null,
            },
            IntValue or BoolValue => name switch
            {
                "real" or "numerator" => Arithmetic.Plus(value),
                "imag" => IntValue.Of(0),
                "denominator" => IntValue.Of(1),
                _ => null,
            },
            FloatValue => name switch
            {
                "real" => value,
                "imag" => new FloatValue(0),
                _ => null,
            },
            _ => null,
        };
        if (own is not null)
            return own;
        if (Methods.Changes(value, name))
            return UndefinedValue.Unsafe(value, name);
        if (Methods.Has(value, name))
            return new BoundMethod(value, name);
        return name.StartsWith("__", StringComparison.Ordinal) && IsObjectAttribute(name) ? UndefinedValue.Unsafe(value, name) : null;
    }

    static TemplateValue Guard(TemplateValue owner, string name, TemplateValue value) =>
        name.StartsWith('_') ? UndefinedValue.Unsafe(owner, name) : value;

    /// <summary>Attributes that every Python object has and the sandbox refuses.</summary>
    static bool IsObjectAttribute(string name) => name is "__class__" or "__doc__" or "__init__" or "__new__" or "__dir__" or "__hash__" or "__eq__" or "__ne__"
        or "__lt__" or "__le__" or "__gt__" or "__ge__" or "__str__" or "__repr__" or "__format__" or "__sizeof__" or "__reduce__" or "__reduce_ex__"
        or "__getattribute__" or "__setattr__" or "__delattr__" or "__subclasshook__" or "__init_subclass__" or "__getstate__"
        or "__len__" or "__iter__" or "__contains__" or "__getitem__" or "__setitem__" or "__delitem__" or "__add__" or "__mul__" or "__mod__" or "__call__" or "__globals__" or "__dict__" or "__module__";

    static bool TryIndex(long index, int length, out int at)
    {
        if (index < 0)
            index += length;
        at = (int)Math.Clamp(index, int.MinValue, int.MaxValue);
        return index >= 0 && index < length;
    }

    static long? Bound(TemplateValue? value)
    {
        switch (value)
        {
            case null or NoneValue:
                return null;
            case IntValue { IsSmall: false } big:
                return big.Value.Sign * (long)int.MaxValue;
            default:
                if (!Comparison.TryLong(value, out var number))
                    throw Fault.Type("slice indices must be integers or None or have an __index__ method");
                return Math.Clamp(number, -int.MaxValue, int.MaxValue);
        }
    }

    static long Clamp(long? bound, long otherwise, long low, long high, int length)
    {
        if (bound is not { } value)
            return otherwise;
        return Math.Clamp(value < 0 ? value + length : value, low, high);
    }

    static string Stride(StrValue text, long from, long by, int count)
    {
        var points = text.ToCodePoints();
        var builder = new System.Text.StringBuilder(count);
        for (var i = 0; i < count; i++)
            StrValue.Append(builder, points[from + i * by]);
        return builder.ToString();
    }
}
