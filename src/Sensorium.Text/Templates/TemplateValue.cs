using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates;

/// <summary>A value as templates see it: what Python would hold after <c>json.loads</c> (None, bool, int of any size, float, str, list, dict in insertion order), and what templates make of it. Immutable.</summary>
public abstract class TemplateValue
{
    private protected TemplateValue()
    {
    }

    /// <summary>Python's None.</summary>
    public static TemplateValue None => NoneValue.Instance;

    /// <summary>Python's name of the value's type.</summary>
    internal abstract string TypeName { get; }

    /// <summary>The value in a condition.</summary>
    internal virtual bool IsTrue => true;

    /// <summary>A text.</summary>
    public static TemplateValue From(string? text) => text is null ? NoneValue.Instance : StrValue.Of(text);

    /// <summary>A truth value.</summary>
    public static TemplateValue From(bool value) => BoolValue.Of(value);

    /// <summary>An integer.</summary>
    public static TemplateValue From(long value) => IntValue.Of(value);

    /// <summary>An integer of any size.</summary>
    public static TemplateValue From(BigInteger value) => IntValue.Of(value);

    /// <summary>A float, which prints as Python prints it (1.0, 1e+20).</summary>
    public static TemplateValue From(double value) => new FloatValue(value);

    /// <summary>A list of the given values, in order.</summary>
    public static TemplateValue List(params IEnumerable<TemplateValue> items) => new ListValue([.. items]);

    /// <summary>A mapping that keeps the given order; a later value of the same key replaces the earlier one in its place.</summary>
    public static TemplateValue Mapping(params IEnumerable<KeyValuePair<string, TemplateValue>> entries)
    {
        var dict = new DictValue();
        foreach (var (key, value) in entries)
            dict.Set(StrValue.Of(key), value);
        return dict;
    }

    /// <summary>A JSON value: an integer stays an integer of any size, a number with point or exponent becomes a float, null becomes None, a missing element undefined.</summary>
    /// <exception cref="ArgumentException">The JSON is nested too deeply to walk.</exception>
    public static TemplateValue From(JsonElement json) => FromJson(json, 0);

    /// <summary>A value of plain C# objects: null, bool, the number types, string, <see cref="JsonElement"/>, <see cref="TemplateValue"/>, dictionaries with string keys, and sequences of such.</summary>
    /// <exception cref="ArgumentException">A type that has no counterpart, or nesting that is too deep (a structure that holds itself).</exception>
    public static TemplateValue FromObject(object? value) => FromObject(value, 0);

    /// <summary>The value as Python's <c>str()</c> gives it.</summary>
    public override string ToString() => Printer.Str(Meter.ForDisplay(), this);

    /// <summary>A rough count of the characters that the value holds, for the budget.</summary>
    internal virtual long Weight => 1;

    const int MaxDepth = 500;

    static TemplateValue FromJson(JsonElement json, int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException($"JSON nested more than {MaxDepth} deep cannot be given to a template.", nameof(json));
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new DictValue();
                foreach (var property in json.EnumerateObject())
                    dict.Set(StrValue.Of(property.Name), FromJson(property.Value, depth + 1));
                return dict;
            case JsonValueKind.Array:
                var items = new TemplateValue[json.GetArrayLength()];
                var i = 0;
                foreach (var item in json.EnumerateArray())
                    items[i++] = FromJson(item, depth + 1);
                return new ListValue(items);
            case JsonValueKind.String:
                return StrValue.Of(json.GetString()!);
            case JsonValueKind.Number:
                return FromJsonNumber(json);
            case JsonValueKind.True:
                return BoolValue.True;
            case JsonValueKind.False:
                return BoolValue.False;
            case JsonValueKind.Null:
                return NoneValue.Instance;
            default:
                return new UndefinedValue("value");
        }
    }

    static TemplateValue FromJsonNumber(JsonElement json)
    {
        if (json.TryGetInt64(out var number))
        {
            // Utf8Parser takes no "1.0" or "1e3" for an integer, so what parses is one; "-0" is 0 in Python too.
            return IntValue.Of(number);
        }
        var text = json.GetRawText();
        return text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 && text.Length <= 4300
            ? IntValue.Of(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    static TemplateValue FromObject(object? value, int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException($"A value nested more than {MaxDepth} deep cannot be given to a template.", nameof(value));
        switch (value)
        {
            case null: return NoneValue.Instance;
            case TemplateValue template: return template;
            case string text: return StrValue.Of(text);
            case bool truth: return BoolValue.Of(truth);
            case int or long or short or sbyte or byte or ushort or uint:
                return IntValue.Of(Convert.ToInt64(value, CultureInfo.InvariantCulture));
            case ulong unsigned: return IntValue.Of(unsigned);
            case BigInteger big: return IntValue.Of(big);
            case double or float or Half or decimal:
                return new FloatValue(value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture));
            case JsonElement json: return FromJson(json, depth);
            case IEnumerable<KeyValuePair<string, TemplateValue>> entries: return Mapping(entries);
            case IEnumerable<KeyValuePair<string, object?>> entries:
                var dict = new DictValue();
                foreach (var (key, item) in entries)
                    dict.Set(StrValue.Of(key), FromObject(item, depth + 1));
                return dict;
            case System.Collections.IDictionary map:
                var other = new DictValue();
                foreach (System.Collections.DictionaryEntry entry in map)
                    other.Set(FromObject(entry.Key, depth + 1), FromObject(entry.Value, depth + 1));
                return other;
            case System.Collections.IEnumerable sequence:
                var items = new List<TemplateValue>();
                foreach (var item in sequence)
                    items.Add(FromObject(item, depth + 1));
                return new ListValue([.. items]);
            default:
                throw new ArgumentException($"A value of type {value.GetType()} cannot be given to a template; give text, numbers, lists, dictionaries or JSON.", nameof(value));
        }
    }
}
