using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>The methods of Python's built-in types that the sandbox lets through.</summary>
internal static class Methods
{
    /// <summary>A method that changes its object, which the immutable sandbox refuses.</summary>
    public static bool Changes(TemplateValue owner, string name) => owner switch
    {
        ListValue => name is "append" or "clear" or "pop" or "reverse" or "insert" or "sort" or "extend" or "remove",
        DictValue => name is "clear" or "pop" or "popitem" or "setdefault" or "update",
        _ => false,
    };

    public static bool IsDictMethod(string name) => name is "items" or "keys" or "values" or "get" or "copy" or "fromkeys"
        or "clear" or "pop" or "popitem" or "setdefault" or "update";

    public static bool Has(TemplateValue owner, string name) => owner switch
    {
        StrValue => StringMethods.Has(name),
        DictValue => name is "items" or "keys" or "values" or "get" or "copy",
        ListValue => name is "index" or "count" or "copy",
        TupleValue or RangeValue => name is "index" or "count",
        IntValue or BoolValue => name is "bit_length" or "bit_count" or "conjugate" or "is_integer",
        FloatValue => name is "is_integer" or "conjugate",
        _ => false,
    };

    public static TemplateValue Call(RenderState state, TemplateValue owner, string name, Arguments arguments) => owner switch
    {
        StrValue text => StringMethods.Call(state, text, name, arguments),
        DictValue dict => OnDict(state, dict, name, arguments),
        SequenceValue sequence => OnSequence(state, sequence, name, arguments),
        RangeValue => OnSequence(state, new TupleValue(Iteration.ToArray(state, owner)), name, arguments),
        _ => OnNumber(owner, name, arguments),
    };

    static TemplateValue OnDict(RenderState state, DictValue dict, string name, Arguments arguments)
    {
        switch (name)
        {
            case "get":
                var given = arguments.Expect("get", 1, 2);
                return dict.Get(Comparison.RequireHashable(given[0])) ?? (given.Length > 1 ? given[1] : NoneValue.Instance);
            case "copy":
                arguments.Expect("copy", 0, 0);
                state.Meter.AllocateElements(2L * dict.Count);
                return dict.Copy();
            default:
                arguments.Expect(name, 0, 0);
                return new DictView(dict, name switch
                {
                    "keys" => DictViewKind.Keys,
                    "values" => DictViewKind.Values,
                    _ => DictViewKind.Items,
                });
        }
    }

    static TemplateValue OnSequence(RenderState state, SequenceValue sequence, string name, Arguments arguments)
    {
        switch (name)
        {
            case "copy":
                arguments.Expect("copy", 0, 0);
                return sequence;
            case "count":
                var counted = arguments.Expect("count", 1, 1)[0];
                var count = 0;
                foreach (var item in sequence.Items)
                {
                    state.Meter.Step();
                    count += Comparison.Same(item, counted) ? 1 : 0;
                }
                return IntValue.Of(count);
            default:
                var given = arguments.Expect("index", 1, 3);
                var start = Bound(given, 1, 0, sequence.Items.Length);
                var stop = Bound(given, 2, sequence.Items.Length, sequence.Items.Length);
                for (var i = start; i < stop; i++)
                {
                    state.Meter.Step();
                    if (Comparison.Same(sequence.Items[i], given[0]))
                        return IntValue.Of(i);
                }
                throw Fault.Value($"{Printer.Repr(state.Meter, given[0])} is not in {sequence.TypeName}");
        }
    }

    static TemplateValue OnNumber(TemplateValue owner, string name, Arguments arguments)
    {
        arguments.Expect(name, 0, 0);
        Comparison.TryInteger(owner, out var integer);
        return name switch
        {
            "bit_length" => IntValue.Of((long)System.Numerics.BigInteger.Abs(integer).GetBitLength()),
            "bit_count" => IntValue.Of((long)System.Numerics.BigInteger.PopCount(System.Numerics.BigInteger.Abs(integer))),
            "is_integer" => BoolValue.Of(owner is not FloatValue number || (double.IsFinite(number.Value) && number.Value == Math.Floor(number.Value))),
            _ => Arithmetic.Plus(owner),
        };
    }

    /// <summary>An optional start or stop among <paramref name="length"/> elements, counted from the end where negative.</summary>
    public static int Bound(TemplateValue[] given, int at, int otherwise, int length)
    {
        if (at >= given.Length || given[at] is NoneValue)
            return otherwise;
        var index = Integer(given[at]);
        return (int)Math.Clamp(index < 0 ? index + length : index, 0, length);
    }

    /// <summary>An argument that must be an integer.</summary>
    public static long Integer(TemplateValue value)
    {
        if (Comparison.TryLong(value, out var number))
            return number;
        if (value is IntValue big)
            return big.Value.Sign > 0 ? int.MaxValue : -int.MaxValue;
        throw value is UndefinedValue undefined ? undefined.Fail() : Fault.Type($"'{value.TypeName}' object cannot be interpreted as an integer");
    }
}
