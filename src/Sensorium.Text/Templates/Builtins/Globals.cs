using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>The functions that every template has.</summary>
internal static class Globals
{
    /// <summary>The sandbox's bound on a range's length.</summary>
    const long MaxRange = 100_000;

    public static TemplateValue? Find(string name) => name switch
    {
        "range" => new BuiltinFunction(name, (_, arguments) => Range(arguments)),
        "dict" => new BuiltinFunction(name, Dict, isClass: true),
        "lipsum" => new BuiltinFunction(name, Lipsum),
        "cycler" => new BuiltinFunction(
            name,
            (_, arguments) => arguments.Positional.Length == 0 ? throw new Fault(TemplateErrorKind.Runtime, "at least one item has to be provided") : new CyclerValue(arguments.Positional),
            isClass: true),
        "joiner" => new BuiltinFunction(name, (_, arguments) => new JoinerValue(arguments.Bind("joiner", 0, "sep")[0] ?? StrValue.Of(", ")), isClass: true),
        "namespace" => new BuiltinFunction(name, Namespace, isClass: true),
        "raise_exception" => new BuiltinFunction(name, (state, arguments) =>
            throw new Fault(TemplateErrorKind.Raised, Printer.Str(state.Meter, arguments.Bind(name, 1, "message")[0]!))),
        "strftime_now" => new BuiltinFunction(name, (state, arguments) =>
            arguments.Bind(name, 1, "format")[0] is StrValue format
                ? StrValue.Of(Strftime.Format(state, state.Clock.GetLocalNow().DateTime, format.Text))
                : throw Fault.Type("strftime() argument 1 must be str")),
        _ => null,
    };

    static RangeValue Range(Arguments arguments)
    {
        var given = arguments.Expect("range", 1, 3);
        var start = given.Length > 1 ? Bounded(given[0]) : 0;
        var stop = Bounded(given[given.Length > 1 ? 1 : 0]);
        var step = given.Length > 2 ? Bounded(given[2]) : 1;
        if (step == 0)
            throw Fault.Value("range() arg 3 must not be zero");
        var length = step > 0
            ? stop > start ? (stop - start - 1) / step + 1 : 0
            : start > stop ? (start - stop - 1) / -step + 1 : 0;
        return length > MaxRange
            ? throw new Fault(TemplateErrorKind.Overflow, $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).")
            : new RangeValue(start, stop, step, length);
    }

    /// <summary>A range's bound, small enough that the arithmetic with it stays exact.</summary>
    static long Bounded(TemplateValue value)
    {
        var number = Methods.Integer(value);
        return value is IntValue { IsSmall: false } || Math.Abs((decimal)number) > 1L << 60
            ? throw new Fault(TemplateErrorKind.Overflow, "a range's bounds must fit 60 bits")
            : number;
    }

    static TemplateValue Dict(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Length > 1)
            throw Fault.Type($"dict expected at most 1 argument, got {arguments.Positional.Length}");
        var dict = new DictValue();
        if (arguments.Positional.Length == 1)
            Fill(state, arguments.Positional[0], dict.Set);
        foreach (var (key, value) in arguments.Named)
            dict.Set(StrValue.Of(key), value);
        state.Meter.AllocateElements(2L * dict.Count);
        return dict;
    }

    static TemplateValue Namespace(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Length > 1)
            throw Fault.Type($"dict expected at most 1 argument, got {arguments.Positional.Length}");
        var space = new NamespaceValue();
        if (arguments.Positional.Length == 1)
            Fill(state, arguments.Positional[0], (key, value) => space.Attributes[Printer.Str(state.Meter, key)] = value);
        foreach (var (key, value) in arguments.Named)
            space.Attributes[key] = value;
        state.Meter.AllocateElements(2L * space.Attributes.Count);
        return space;
    }

    static void Fill(RenderState state, TemplateValue source, Action<TemplateValue, TemplateValue> add)
    {
        if (source is DictValue dict)
        {
            for (var i = 0; i < dict.Count; i++)
                add(dict.KeyAt(i), dict.ValueAt(i));
            return;
        }
        var items = Iteration.Of(source);
        while (items.TryNext(out var item))
        {
            var pair = Iteration.ToArray(state, item);
            if (pair.Length != 2)
                throw Fault.Value($"dictionary update sequence element has length {pair.Length}; 2 is required");
            add(pair[0], pair[1]);
        }
    }

    /// <summary>Filler text; which words is left to chance in Jinja2, so nothing can depend on them.</summary>
    static TemplateValue Lipsum(RenderState state, Arguments arguments)
    {
        var given = arguments.Bind("lipsum", 0, "n", "html", "min", "max");
        var paragraphs = given[0] is null ? 5 : Methods.Integer(given[0]!);
        var html = given[1]?.IsTrue ?? true;
        var least = given[2] is null ? 20 : Methods.Integer(given[2]!);
        var most = given[3] is null ? 100 : Methods.Integer(given[3]!);
        if (most <= least)
            throw Fault.Value($"empty range for randrange() ({least}, {most}, {most - least})");
        string[] words = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetuer", "adipiscing", "elit", "sed", "diam", "nonummy", "nibh", "euismod", "tincidunt"];
        var builder = new StringBuilder();
        for (var p = 0L; p < paragraphs; p++)
        {
            builder.Append(p == 0 ? "" : html ? "\n" : "\n\n").Append(html ? "<p>" : "");
            var count = System.Random.Shared.NextInt64(least, most);
            state.Meter.Allocate(14 * Math.Max(count, 0) + 16);
            for (var w = 0L; w < count; w++)
            {
                var word = words[System.Random.Shared.Next(words.Length)];
                builder.Append(w == 0 ? "" : " ").Append(w == 0 ? StringCase.Capitalize(word) : word);
            }
            builder.Append('.').Append(html ? "</p>" : "");
        }
        return html ? StrValue.Markup(builder.ToString()) : StrValue.Of(builder.ToString());
    }
}
