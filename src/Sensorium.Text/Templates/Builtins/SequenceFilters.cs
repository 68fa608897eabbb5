using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>Filters on lists and mappings.</summary>
internal static class SequenceFilters
{
    public static TemplateValue Batch(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("batch", 1, "linecount", "fill_with");
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            var size = Methods.Integer(given[0]!);
            var batch = new List<TemplateValue>();
            var items = Iteration.Of(value);
            while (items.TryNext(out var item))
            {
                state.Meter.AllocateElements(1);
                if (batch.Count == size)
                {
                    yield return new ListValue([.. batch]);
                    batch.Clear();
                }
                batch.Add(item);
            }
            if (batch.Count == 0)
                yield break;
            if (given[1] is not (null or NoneValue) && batch.Count < size)
            {
                state.Meter.AllocateElements(size - batch.Count);
                while (batch.Count < size)
                    batch.Add(given[1]!);
            }
            yield return new ListValue([.. batch]);
        }
    }

    public static TemplateValue Slice(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("slice", 1, "slices", "fill_with");
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            var items = Iteration.ToArray(state, value);
            var slices = Methods.Integer(given[0]!);
            if (slices == 0)
                throw new Fault(TemplateErrorKind.ZeroDivision, "integer division or modulo by zero");
            var (size, extra) = slices > 0 ? (items.Length / slices, items.Length % slices) : (0, 0);
            var start = 0L;
            for (var i = 0L; i < slices; i++)
            {
                var count = size + (i < extra ? 1 : 0);
                state.Meter.AllocateElements(count + 1);
                List<TemplateValue> slice = [.. items.AsSpan((int)start, (int)count)];
                if (given[1] is not (null or NoneValue) && i >= extra)
                    slice.Add(given[1]!);
                yield return new ListValue([.. slice]);
                start += count;
            }
        }
    }

    public static TemplateValue DictSort(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        var by = given[1] is null ? "key" : Printer.Str(state.Meter, given[1]!);
        if (by is not ("key" or "value"))
            throw Fault.Argument("You can only sort by either \"key\" or \"value\"");
        if (value is not DictValue dict)
            throw value is UndefinedValue undefined ? undefined.Fail() : new Fault(TemplateErrorKind.Attribute, $"'{value.TypeName}' object has no attribute 'items'");
        var sensitive = given[0]?.IsTrue ?? false;
        state.Meter.AllocateElements(3L * dict.Count);
        var pairs = new TemplateValue[dict.Count];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = new TupleValue([dict.KeyAt(i), dict.ValueAt(i)]);
        return new ListValue(Sorting.Sorted(
            state,
            pairs,
            pair =>
            {
                var key = ((TupleValue)pair).Items[by == "key" ? 0 : 1];
                return sensitive ? key : Selecting.IgnoreCase(key);
            },
            given[2]?.IsTrue ?? false));
    }

    public static TemplateValue First(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("first", 0);
        return Iteration.Of(value).TryNext(out var item) ? item : UndefinedValue.Because("No first item, sequence was empty.");
    }

    public static TemplateValue Last(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("last", 0);
        var length = value is LoopValue ? null : Iteration.LengthOf(value);
        return length switch
        {
            null => throw Fault.Type($"'{value.TypeName}' object is not reversible"),
            0 => UndefinedValue.Because("No last item, sequence was empty."),
            _ => value switch
            {
                DictValue dict => dict.KeyAt(dict.Count - 1),
                DictView view => view.At(view.Dict.Count - 1),
                _ => Access.Item(value, IntValue.Of(-1)),
            },
        };
    }

    public static TemplateValue Random(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("random", 0);
        if (value is not (StrValue or SequenceValue or RangeValue))
            throw Fault.Type($"'{value.TypeName}' object is not a sequence");
        var length = (int)Iteration.LengthOf(value)!.Value;
        return length == 0 ? UndefinedValue.Because("No random item, sequence was empty.") : Access.Item(value, IntValue.Of(System.Random.Shared.Next(length)));
    }

    public static TemplateValue Reverse(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("reverse", 0);
        switch (value)
        {
            case StrValue text:
                return Access.Slice(state, text, null, null, IntValue.Of(-1));
            case UndefinedValue undefined:
                throw undefined.Fail();
            case GeneratorValue:
                var list = Iteration.ToArray(state, value);
                Array.Reverse(list);
                return new ListValue(list);
        }
        if (Iteration.TryOf(value) is null)
            throw Fault.Argument("argument must be iterable");
        var items = Iteration.ToArray(state, value);
        return new GeneratorValue(Backwards(items), value is SequenceValue ? value.TypeName + "_reverseiterator" : "reversed");
    }

    public static TemplateValue Items(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("items", 0);
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            if (value is UndefinedValue)
                yield break;
            if (value is not DictValue dict)
                throw Fault.Type("Can only get item pairs from a mapping.");
            for (var i = 0; i < dict.Count; i++)
                yield return new TupleValue([dict.KeyAt(i), dict.ValueAt(i)]);
        }
    }

    public static TemplateValue Sort(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        var ignoresCase = !(given[1]?.IsTrue ?? false);
        var getters = new List<Func<TemplateValue, TemplateValue>>();
        if (given[2] is StrValue names)
        {
            foreach (var name in names.Text.Split(','))
                getters.Add(Selecting.Getter(StrValue.Of(name), null, ignoresCase));
        }
        else
        {
            getters.Add(Selecting.Getter(given[2], null, ignoresCase));
        }
        return new ListValue(Sorting.Sorted(
            state,
            Iteration.ToArray(state, value),
            item => Key(getters, item),
            given[0]?.IsTrue ?? false));
    }

    public static TemplateValue Unique(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        var getter = Selecting.Getter(given[1], null, !(given[0]?.IsTrue ?? false));
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            var seen = new HashSet<TemplateValue>(KeyComparer.Instance);
            var items = Iteration.Of(value);
            while (items.TryNext(out var item))
            {
                state.Meter.AllocateElements(1);
                if (seen.Add(getter(item)))
                    yield return item;
            }
        }
    }

    public static TemplateValue Extreme(RenderState state, TemplateValue value, Arguments arguments, bool largest)
    {
        var given = arguments.Bind(largest ? "max" : "min", 0, "case_sensitive", "attribute");
        var getter = Selecting.Getter(given[1], null, !(given[0]?.IsTrue ?? false));
        var items = Iteration.Of(value);
        if (!items.TryNext(out var best))
            return UndefinedValue.Because("No aggregated item, sequence was empty.");
        var bestKey = getter(best);
        while (items.TryNext(out var item))
        {
            state.Meter.Step();
            var key = getter(item);
            if (largest ? Comparison.Order(">", key, bestKey) : Comparison.Less(key, bestKey))
                (best, bestKey) = (item, key);
        }
        return best;
    }

    public static TemplateValue Sum(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("sum", 0, "attribute", "start");
        var getter = Selecting.Getter(given[0], null);
        var total = given[1] ?? IntValue.Of(0);
        if (total is StrValue)
            throw Fault.Type("sum() can't sum strings [use ''.join(seq) instead]");
        var items = Iteration.Of(value);
        while (items.TryNext(out var item))
        {
            state.Meter.Step();
            total = Arithmetic.Apply(state, Operator.Add, total, getter(item));
        }
        return total;
    }

    public static TemplateValue GroupBy(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        var sensitive = given[2]?.IsTrue ?? false;
        var key = Selecting.Getter(given[0], given[1], !sensitive);
        var shown = Selecting.Getter(given[0], given[1]);
        var sorted = Sorting.Sorted(state, Iteration.ToArray(state, value), key, reverse: false);
        var groups = new List<TemplateValue>();
        for (var start = 0; start < sorted.Length;)
        {
            var end = start + 1;
            while (end < sorted.Length && Comparison.Equal(key(sorted[start]), key(sorted[end])))
                end++;
            state.Meter.AllocateElements(end - start + 3);
            groups.Add(new TupleValue([shown(sorted[start]), new ListValue(sorted[start..end])], isGroup: true));
            start = end;
        }
        return new ListValue([.. groups]);
    }

    /// <summary>A list also for a single attribute, as Jinja2 has it: lists look for equality first, which values without an order may have.</summary>
    static ListValue Key(List<Func<TemplateValue, TemplateValue>> getters, TemplateValue item)
    {
        var parts = new TemplateValue[getters.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = getters[i](item);
        return new ListValue(parts);
    }

    static IEnumerable<TemplateValue> Backwards(TemplateValue[] items)
    {
        for (var i = items.Length - 1; i >= 0; i--)
            yield return items[i];
    }
}
