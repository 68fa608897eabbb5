using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>map, select, reject and their attr forms: lazy, as in Jinja2.</summary>
internal static class Selecting
{
    public static TemplateValue Map(RenderState state, TemplateValue value, Arguments arguments)
    {
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            if (!value.IsTrue)
                yield break;
            var function = Function();
            var items = Iteration.Of(value);
            while (items.TryNext(out var item))
            {
                state.Meter.Step();
                yield return function(item);
            }
        }

        Func<TemplateValue, TemplateValue> Function()
        {
            if (arguments.Positional.Length == 0 && arguments.Keyword("attribute") is { } attribute)
            {
                foreach (var (key, _) in arguments.Named)
                {
                    if (key is not ("attribute" or "default"))
                        throw Fault.Argument($"Unexpected keyword argument '{key}'");
                }
                var getter = Getter(attribute, arguments.Keyword("default"));
                return getter;
            }
            if (arguments.Positional.Length == 0)
                throw Fault.Argument("map requires a filter argument");
            var name = Name(arguments.Positional[0]);
            var filter = Filters.Find(name) ?? throw new Fault(TemplateErrorKind.Runtime, $"No filter named '{name}'.");
            var rest = arguments.Skip(1);
            return item => filter(state, item, rest);
        }
    }

    public static TemplateValue Select(RenderState state, TemplateValue value, Arguments arguments, bool keeps, bool byAttribute)
    {
        return new GeneratorValue(Run());

        IEnumerable<TemplateValue> Run()
        {
            if (!value.IsTrue)
                yield break;
            var offset = byAttribute ? 1 : 0;
            if (byAttribute && arguments.Positional.Length == 0)
                throw Fault.Argument("Missing parameter for attribute name");
            var getter = byAttribute ? Getter(arguments.Positional[0], null) : null;
            Test? test = null;
            if (arguments.Positional.Length > offset)
            {
                var name = Name(arguments.Positional[offset]);
                test = Tests.Find(name) ?? throw new Fault(TemplateErrorKind.Runtime, $"No test named '{name}'.");
            }
            var rest = arguments.Skip(offset + 1);
            var items = Iteration.Of(value);
            while (items.TryNext(out var item))
            {
                state.Meter.Step();
                var tested = getter is null ? item : getter(item);
                if ((test is null ? tested.IsTrue : test(state, tested, rest)) == keeps)
                    yield return item;
            }
        }
    }

    /// <summary>What takes an attribute off an item: "a.b.0" goes down step by step; no attribute gives the item itself.</summary>
    public static Func<TemplateValue, TemplateValue> Getter(TemplateValue? attribute, TemplateValue? otherwise, bool ignoresCase = false)
    {
        var parts = Parts(attribute);
        if (otherwise is NoneValue)
            otherwise = null;
        return item =>
        {
            foreach (var part in parts)
            {
                item = Access.Item(item, part);
                if (otherwise is not null && item is UndefinedValue)
                    item = otherwise;
            }
            return ignoresCase ? IgnoreCase(item) : item;
        };
    }

    public static TemplateValue IgnoreCase(TemplateValue value)
    {
        if (value is not StrValue text)
            return value;
        Meter.Current?.Allocate(text.Text.Length);
        return StrValue.Of(StringCase.Lower(text.Text));
    }

    static TemplateValue[] Parts(TemplateValue? attribute)
    {
        if (attribute is null or NoneValue)
            return [];
        if (attribute is not StrValue text)
            return [attribute];
        var names = text.Text.Split('.');
        var parts = new TemplateValue[names.Length];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = names[i].Length is > 0 and < 10 && names[i].AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? IntValue.Of(int.Parse(names[i], System.Globalization.CultureInfo.InvariantCulture)) : StrValue.Of(names[i]);
        return parts;
    }

    static string Name(TemplateValue value) => value is StrValue text ? text.Text : throw Fault.Type($"a filter or test is named by text, not by {value.TypeName}");
}
