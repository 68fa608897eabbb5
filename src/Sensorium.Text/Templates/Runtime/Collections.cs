namespace Sensorium.Text.Templates.Runtime;

/// <summary>A list or a tuple; templates cannot change either.</summary>
internal abstract class SequenceValue(TemplateValue[] items) : TemplateValue
{
    public TemplateValue[] Items { get; } = items;

    internal override bool IsTrue => Items.Length > 0;

    internal override long Weight => Items.Length * (long)TemplateLimits.ElementCost;

    public abstract SequenceValue Like(TemplateValue[] values);
}

internal sealed class ListValue(TemplateValue[] items) : SequenceValue(items)
{
    public static ListValue Empty { get; } = new([]);

    internal override string TypeName => "list";

    public override SequenceValue Like(TemplateValue[] values) => new ListValue(values);
}

internal sealed class TupleValue(TemplateValue[] items, bool isGroup = false) : SequenceValue(items)
{
    public static TupleValue Empty { get; } = new([]);

    /// <summary>A pair from groupby, whose parts are also called <c>grouper</c> and <c>list</c>.</summary>
    public bool IsGroup { get; } = isGroup;

    internal override string TypeName => IsGroup ? "_GroupTuple" : "tuple";

    public override SequenceValue Like(TemplateValue[] values) => new TupleValue(values);
}

/// <summary>A mapping in insertion order. Small ones are searched in line, larger ones through an index.</summary>
internal sealed class DictValue : TemplateValue
{
    const int IndexFrom = 9;

    TemplateValue[] keys = [];
    TemplateValue[] values = [];
    Dictionary<TemplateValue, int>? index;

    public int Count { get; private set; }

    public ReadOnlySpan<TemplateValue> Keys => keys.AsSpan(0, Count);

    public ReadOnlySpan<TemplateValue> Values => values.AsSpan(0, Count);

    internal override string TypeName => "dict";

    internal override bool IsTrue => Count > 0;

    internal override long Weight => Count * 2L * TemplateLimits.ElementCost;

    public TemplateValue KeyAt(int i) => keys[i];

    public TemplateValue ValueAt(int i) => values[i];

    public TemplateValue? Get(string key)
    {
        if (index is not null)
            return index.TryGetValue(StrValue.Of(key), out var at) ? values[at] : null;
        for (var i = 0; i < Count; i++)
        {
            if (keys[i] is StrValue text && text.Text == key)
                return values[i];
        }
        return null;
    }

    public TemplateValue? Get(TemplateValue key)
    {
        if (key is StrValue text)
            return Get(text.Text);
        var i = Find(key);
        return i < 0 ? null : values[i];
    }

    /// <summary>Adds or replaces; only while the mapping is being made.</summary>
    public void Set(TemplateValue key, TemplateValue value)
    {
        var i = Find(key);
        if (i >= 0)
        {
            values[i] = value;
            return;
        }
        if (Count == keys.Length)
        {
            Array.Resize(ref keys, Math.Max(4, Count * 2));
            Array.Resize(ref values, keys.Length);
        }
        keys[Count] = key;
        values[Count] = value;
        index?.Add(key, Count);
        if (++Count == IndexFrom)
        {
            index = new Dictionary<TemplateValue, int>(KeyComparer.Instance);
            for (var k = 0; k < Count; k++)
                index.Add(keys[k], k);
        }
    }

    public DictValue Copy()
    {
        var copy = new DictValue();
        for (var i = 0; i < Count; i++)
            copy.Set(keys[i], values[i]);
        return copy;
    }

    int Find(TemplateValue key)
    {
        // Hashing first: a list as a key must fail, whatever the mapping holds.
        var hash = KeyComparer.Instance.GetHashCode(key);
        if (index is not null)
            return index.TryGetValue(key, out var at) ? at : -1;
        for (var i = 0; i < Count; i++)
        {
            if (key is StrValue a && keys[i] is StrValue b)
            {
                if (a.Text == b.Text)
                    return i;
            }
            else if (KeyComparer.Instance.GetHashCode(keys[i]) == hash && Comparison.Equal(key, keys[i]))
            {
                return i;
            }
        }
        return -1;
    }
}

/// <summary>What keys(), values() and items() of a mapping give: a live view in Python, a fixed one here, since mappings do not change.</summary>
internal sealed class DictView(DictValue dict, DictViewKind kind) : TemplateValue
{
    public DictValue Dict { get; } = dict;

    public DictViewKind Kind { get; } = kind;

    internal override string TypeName => Kind switch
    {
        DictViewKind.Keys => "dict_keys",
        DictViewKind.Values => "dict_values",
        _ => "dict_items",
    };

    internal override bool IsTrue => Dict.Count > 0;

    public TemplateValue At(int i) => Kind switch
    {
        DictViewKind.Keys => Dict.KeyAt(i),
        DictViewKind.Values => Dict.ValueAt(i),
        _ => new TupleValue([Dict.KeyAt(i), Dict.ValueAt(i)]),
    };
}

internal enum DictViewKind
{
    Keys,
    Values,
    Items,
}

internal sealed class RangeValue(long start, long stop, long step, long length) : TemplateValue
{
    public long Start { get; } = start;

    public long Stop { get; } = stop;

    public long Step { get; } = step;

    public long Length { get; } = length;

    internal override string TypeName => "range";

    internal override bool IsTrue => Length > 0;

    public TemplateValue At(long i) => IntValue.Of(Start + i * Step);
}

/// <summary>Values made one by one as they are asked for, once: what map, select and the other lazy filters give.</summary>
internal sealed class GeneratorValue(IEnumerable<TemplateValue> source, string typeName = "generator") : TemplateValue
{
    IEnumerator<TemplateValue>? values;

    public IEnumerator<TemplateValue> Values => values ??= source.GetEnumerator();

    internal override string TypeName => typeName;
}

/// <summary>namespace(): the one thing that templates can change.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    public Dictionary<string, TemplateValue> Attributes { get; } = new(StringComparer.Ordinal);

    internal override string TypeName => "Namespace";
}

/// <summary>Equality and hashes of keys as Python has them: 1, 1.0 and True are one key.</summary>
internal sealed class KeyComparer : IEqualityComparer<TemplateValue>
{
    public static readonly KeyComparer Instance = new();

    public bool Equals(TemplateValue? x, TemplateValue? y) => x is not null && y is not null && Comparison.Equal(x, y);

    public int GetHashCode(TemplateValue obj) => Comparison.Hash(obj);
}
