using System.Numerics;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Python's ==, &lt;, in and hash().</summary>
internal static class Comparison
{
    public static bool Equal(TemplateValue a, TemplateValue b)
    {
        if (a is StrValue s && b is StrValue t)
        {
            if (s.Text.Length == t.Text.Length && s.Text.Length > 64)
                Meter.Current?.Step(s.Text.Length >> 5);
            return s.Text == t.Text;
        }
        if (ReferenceEquals(a, b))
            return a is not FloatValue { Value: double.NaN };
        Meter.Current?.Step();
        if (IsNumber(a) && IsNumber(b))
            return CompareNumbers(a, b) == 0;
        return (a, b) switch
        {
            (ListValue x, ListValue y) => SequenceEqual(x.Items, y.Items),
            (TupleValue x, TupleValue y) => SequenceEqual(x.Items, y.Items),
            (DictValue x, DictValue y) => DictEqual(x, y),
            (UndefinedValue, UndefinedValue) => true,
            (RangeValue x, RangeValue y) => x.Length == y.Length && (x.Length == 0 || (x.Start == y.Start && (x.Length == 1 || x.Step == y.Step))),
            (DictView { Kind: not DictViewKind.Values } x, DictView { Kind: not DictViewKind.Values } y) => x.Kind == y.Kind && ViewEqual(x, y),
            _ => false,
        };
    }

    /// <summary>Identity first, then equality, as containers compare their elements.</summary>
    public static bool Same(TemplateValue a, TemplateValue b) => ReferenceEquals(a, b) || Equal(a, b);

    public static bool IsNumber(TemplateValue value) => value is IntValue or FloatValue or BoolValue;

    /// <summary>The integer that a bool or an int is.</summary>
    public static bool TryInteger(TemplateValue value, out BigInteger integer)
    {
        integer = value switch
        {
            IntValue number => number.Value,
            BoolValue truth => truth.IsTrue ? BigInteger.One : BigInteger.Zero,
            _ => BigInteger.Zero,
        };
        return value is IntValue or BoolValue;
    }

    public static bool TryLong(TemplateValue value, out long integer)
    {
        switch (value)
        {
            case IntValue { IsSmall: true } number:
                integer = number.Small64;
                return true;
            case BoolValue truth:
                integer = truth.IsTrue ? 1 : 0;
                return true;
            default:
                integer = 0;
                return false;
        }
    }

    /// <summary>Numbers by value, exactly; int.MinValue where one is NaN.</summary>
    public static int CompareNumbers(TemplateValue a, TemplateValue b)
    {
        if (TryLong(a, out var x) && TryLong(b, out var y))
            return x.CompareTo(y);
        if (TryInteger(a, out var p) && TryInteger(b, out var q))
            return p.CompareTo(q);
        if (a is FloatValue f && b is FloatValue g)
            return double.IsNaN(f.Value) || double.IsNaN(g.Value) ? int.MinValue : f.Value.CompareTo(g.Value);
        if (a is FloatValue left)
        {
            TryInteger(b, out q);
            return CompareFloat(left.Value, q);
        }
        TryInteger(a, out p);
        var result = CompareFloat(((FloatValue)b).Value, p);
        return result == int.MinValue ? result : -result;
    }

    /// <summary>a &lt; b.</summary>
    public static bool Less(TemplateValue a, TemplateValue b) => Order("<", a, b);

    /// <summary>An ordering comparison; mixed types fail as in Python.</summary>
    public static bool Order(string op, TemplateValue a, TemplateValue b)
    {
        Meter.Current?.Step();
        if (IsNumber(a) && IsNumber(b))
        {
            var order = CompareNumbers(a, b);
            return order != int.MinValue && Holds(op, order);
        }
        switch (a, b)
        {
            case (StrValue x, StrValue y):
                Meter.Current?.Step(Math.Min(x.Text.Length, y.Text.Length) >> 5);
                return Holds(op, CompareText(x.Text, y.Text));
            case (ListValue, ListValue) or (TupleValue, TupleValue):
                return OrderSequences(op, ((SequenceValue)a).Items, ((SequenceValue)b).Items);
            case (UndefinedValue undefined, _):
                throw undefined.Fail();
            case (_, UndefinedValue undefined):
                throw undefined.Fail();
            default:
                throw Fault.Type($"'{op}' not supported between instances of '{a.TypeName}' and '{b.TypeName}'");
        }
    }

    /// <summary>Text by code points, which UTF-16 units do not sort by.</summary>
    public static int CompareText(string a, string b)
    {
        var shared = a.AsSpan().CommonPrefixLength(b);
        if (shared == a.Length || shared == b.Length)
            return a.Length.CompareTo(b.Length);
        var x = a[shared];
        var y = b[shared];
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }

    /// <summary>item in container.</summary>
    public static bool Contains(RenderState state, TemplateValue container, TemplateValue item)
    {
        switch (container)
        {
            case StrValue text:
                if (item is not StrValue part)
                    throw item is UndefinedValue ? Fault.Type("'in <string>' requires string as left operand, not Undefined") : Fault.Type($"'in <string>' requires string as left operand, not {item.TypeName}");
                state.Meter.Search(text.Text.Length, part.Text.Length);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case DictValue dict:
                return dict.Get(RequireHashable(item)) is not null;
            case DictView { Kind: DictViewKind.Keys } view:
                return view.Dict.Get(RequireHashable(item)) is not null;
            case RangeValue range:
                if (!TryLong(item, out var number))
                    break;
                return range.Length > 0 && (number - range.Start) % range.Step == 0
                    && (number - range.Start) / range.Step is var at && at >= 0 && at < range.Length;
        }
        var items = Iteration.Of(container, message: $"argument of type '{container.TypeName}' is not iterable");
        while (items.TryNext(out var element))
        {
            state.Meter.Step();
            if (Same(element, item))
                return true;
        }
        return false;
    }

    public static TemplateValue RequireHashable(TemplateValue value)
    {
        Hash(value);
        return value;
    }

    public static int Hash(TemplateValue value)
    {
        switch (value)
        {
            case StrValue text:
                if (text.Text.Length > 64)
                    Meter.Current?.Step(text.Text.Length >> 3);
                return text.Text.GetHashCode(StringComparison.Ordinal);
            case IntValue { IsSmall: true } or BoolValue:
                TryLong(value, out var small);
                return small.GetHashCode();
            case IntValue number:
                // A float can equal a big integer, so both hash as the float.
                return ((double)number.Value).GetHashCode();
            case FloatValue number:
                return number.Value == Math.Floor(number.Value) && Math.Abs(number.Value) < 9e18
                    ? ((long)number.Value).GetHashCode()
                    : number.Value.GetHashCode();
            case TupleValue tuple:
                Meter.EnsureStack();
                var hash = tuple.Items.Length;
                foreach (var item in tuple.Items)
                {
                    Meter.Current?.Step();
                    hash = HashCode.Combine(hash, Hash(item));
                }
                return hash;
            case UndefinedValue:
                return 1;
            case RangeValue range:
                return range.Length.GetHashCode();
            case ListValue or DictValue or DictView { Kind: not DictViewKind.Values }:
                throw Fault.Type($"unhashable type: '{value.TypeName}'");
            default:
                return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value);
        }
    }

    static bool Holds(string op, int order) => op switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };

    static int CompareFloat(double a, BigInteger b)
    {
        if (double.IsNaN(a))
            return int.MinValue;
        if (double.IsInfinity(a))
            return a > 0 ? 1 : -1;
        var whole = new BigInteger(Math.Floor(a)).CompareTo(b);
        return whole == 0 && a != Math.Floor(a) ? 1 : whole;
    }

    static bool SequenceEqual(TemplateValue[] a, TemplateValue[] b)
    {
        if (a.Length != b.Length)
            return false;
        Meter.EnsureStack();
        for (var i = 0; i < a.Length; i++)
        {
            if (!Same(a[i], b[i]))
                return false;
        }
        return true;
    }

    static bool DictEqual(DictValue a, DictValue b)
    {
        if (a.Count != b.Count)
            return false;
        Meter.EnsureStack();
        for (var i = 0; i < a.Count; i++)
        {
            if (b.Get(a.KeyAt(i)) is not { } other || !Same(a.ValueAt(i), other))
                return false;
        }
        return true;
    }

    static bool ViewEqual(DictView a, DictView b)
    {
        if (a.Kind == DictViewKind.Items)
            return DictEqual(a.Dict, b.Dict);
        if (a.Dict.Count != b.Dict.Count)
            return false;
        foreach (var key in a.Dict.Keys)
        {
            if (b.Dict.Get(key) is null)
                return false;
        }
        return true;
    }

    static bool OrderSequences(string op, TemplateValue[] a, TemplateValue[] b)
    {
        Meter.EnsureStack();
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (!Same(a[i], b[i]))
                return Order(op, a[i], b[i]);
        }
        return Holds(op, a.Length.CompareTo(b.Length));
    }
}
