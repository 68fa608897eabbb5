using System.Globalization;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>json.dumps as transformers' tojson calls it: characters beyond ASCII kept, nothing escaped for HTML, keys in order unless sorted.</summary>
internal sealed class JsonWriter(RenderState state, bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    readonly StringBuilder builder = new();

    /// <summary>The filter: tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False).</summary>
    public static TemplateValue Filter(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = null;
        switch (given[1])
        {
            case null or NoneValue: break;
            case StrValue text: indent = text.Text; break;
            default:
                var width = Math.Max(0, Methods.Integer(given[1]!));
                state.Meter.Allocate(width);
                indent = new string(' ', (int)width);
                break;
        }
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (given[2] is not (null or NoneValue))
        {
            var separators = Iteration.ToArray(state, given[2]!);
            if (separators.Length != 2 || separators[0] is not StrValue first || separators[1] is not StrValue second)
                throw Fault.Value("separators must be two texts: between items, and behind keys");
            (item, key) = (first.Text, second.Text);
        }
        var writer = new JsonWriter(state, given[0]?.IsTrue ?? false, indent, item, key, given[3]?.IsTrue ?? false);
        writer.Write(value, 0);
        return StrValue.Of(writer.builder.ToString());
    }

    void Write(TemplateValue value, int depth)
    {
        state.Meter.Step();
        switch (value)
        {
            case StrValue text: Text(text.Text); return;
            case NoneValue: Append("null"); return;
            case BoolValue truth: Append(truth.IsTrue ? "true" : "false"); return;
            case IntValue: Append(Printer.Repr(state.Meter, value)); return;
            case FloatValue number: Append(Number(number.Value)); return;
            case SequenceValue sequence:
                Items(sequence.Items, depth);
                return;
            case DictValue dict:
                Entries(dict, depth);
                return;
            default:
                throw Fault.Type($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    void Items(TemplateValue[] items, int depth)
    {
        if (items.Length == 0)
        {
            Append("[]");
            return;
        }
        Meter.EnsureStack();
        Append("[");
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                Append(itemSeparator);
            NewLine(depth + 1);
            Write(items[i], depth + 1);
        }
        NewLine(depth);
        Append("]");
    }

    void Entries(DictValue dict, int depth)
    {
        if (dict.Count == 0)
        {
            Append("{}");
            return;
        }
        Meter.EnsureStack();
        var order = new int[dict.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        if (sortKeys)
            order = Sorting.Sorted(state, order, dict.KeyAt, reverse: false);
        Append("{");
        for (var i = 0; i < order.Length; i++)
        {
            if (i > 0)
                Append(itemSeparator);
            NewLine(depth + 1);
            Text(Key(dict.KeyAt(order[i])));
            Append(keySeparator);
            Write(dict.ValueAt(order[i]), depth + 1);
        }
        NewLine(depth);
        Append("}");
    }

    string Key(TemplateValue key) => key switch
    {
        StrValue text => text.Text,
        NoneValue => "null",
        BoolValue truth => truth.IsTrue ? "true" : "false",
        FloatValue number => Number(number.Value),
        IntValue => Printer.Repr(state.Meter, key),
        _ => throw Fault.Type($"keys must be str, int, float, bool or None, not {key.TypeName}"),
    };

    static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity" : Printer.Float(value);

    void NewLine(int depth)
    {
        if (indent is null)
            return;
        state.Meter.Allocate(1 + (long)depth * indent.Length);
        builder.Append('\n');
        for (var i = 0; i < depth; i++)
            builder.Append(indent);
    }

    void Append(string text)
    {
        state.Meter.Allocate(text.Length);
        builder.Append(text);
    }

    void Text(string text)
    {
        state.Meter.Allocate(text.Length + 2);
        builder.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': builder.Append("\\\""); break;
                case '\\': builder.Append("\\\\"); break;
                case '\n': builder.Append("\\n"); break;
                case '\r': builder.Append("\\r"); break;
                case '\t': builder.Append("\\t"); break;
                case '\b': builder.Append("\\b"); break;
                case '\f': builder.Append("\\f"); break;
                default:
                    if (c < ' ' || (ensureAscii && c > '~'))
                        builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    else
                        builder.Append(c);
                    break;
            }
        }
        builder.Append('"');
    }
}
