using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

internal delegate TemplateValue Filter(RenderState state, TemplateValue value, Arguments arguments);

/// <summary>Jinja2's filters by name.</summary>
internal static class Filters
{
    /// <summary>The filter of that name, or null. A switch, so that nothing is built at start for the many filters that a template does not use.</summary>
    public static Filter? Find(string name) => name switch
    {
        "abs" => NumberFilters.Abs,
        "attr" => (_, value, arguments) => AttributeOf(value, arguments),
        "batch" => SequenceFilters.Batch,
        "capitalize" or "lower" or "upper" => (state, value, arguments) =>
        {
            arguments.Bind(name, 0);
            var text = Printer.ToStr(state.Meter, value);
            return StringMethods.Call(state, text, name, Arguments.None);
        },
        "center" => TextFilters.Center,
        "count" or "length" => (_, value, arguments) =>
        {
            arguments.Bind(name, 0);
            return IntValue.Of(Iteration.LengthOf(value) ?? throw Fault.Type($"object of type '{value.TypeName}' has no len()"));
        },
        "d" or "default" => Default,
        "dictsort" => SequenceFilters.DictSort,
        "e" or "escape" => (state, value, arguments) =>
        {
            arguments.Bind(name, 0);
            return Html.Escape(state, value);
        },
        "filesizeformat" => NumberFilters.FileSize,
        "first" => SequenceFilters.First,
        "float" => NumberFilters.Float,
        "forceescape" => (state, value, _) => StrValue.Markup(Html.Escape(state, Printer.Str(state.Meter, value))),
        "format" => TextFilters.Format,
        "groupby" => SequenceFilters.GroupBy,
        "indent" => TextFilters.Indent,
        "int" => NumberFilters.Int,
        "items" => SequenceFilters.Items,
        "join" => TextFilters.Join,
        "last" => SequenceFilters.Last,
        "list" => (state, value, arguments) =>
        {
            arguments.Bind(name, 0);
            return new ListValue(Iteration.ToArray(state, value));
        },
        "map" => Selecting.Map,
        "max" => (state, value, arguments) => SequenceFilters.Extreme(state, value, arguments, largest: true),
        "min" => (state, value, arguments) => SequenceFilters.Extreme(state, value, arguments, largest: false),
        "pprint" => TextFilters.PrettyPrint,
        "random" => SequenceFilters.Random,
        "reject" => (state, value, arguments) => Selecting.Select(state, value, arguments, keeps: false, byAttribute: false),
        "rejectattr" => (state, value, arguments) => Selecting.Select(state, value, arguments, keeps: false, byAttribute: true),
        "replace" => TextFilters.Replace,
        "reverse" => SequenceFilters.Reverse,
        "round" => NumberFilters.Round,
        "safe" => (state, value, _) => StrValue.Markup(Printer.Str(state.Meter, value)),
        "select" => (state, value, arguments) => Selecting.Select(state, value, arguments, keeps: true, byAttribute: false),
        "selectattr" => (state, value, arguments) => Selecting.Select(state, value, arguments, keeps: true, byAttribute: true),
        "slice" => SequenceFilters.Slice,
        "sort" => SequenceFilters.Sort,
        "string" => (state, value, _) => Printer.ToStr(state.Meter, value),
        "striptags" => TextFilters.StripTags,
        "sum" => SequenceFilters.Sum,
        "title" => TextFilters.Title,
        "tojson" => JsonWriter.Filter,
        "trim" => (state, value, arguments) =>
        {
            var chars = arguments.Bind("trim", 0, "chars")[0];
            var text = Printer.ToStr(state.Meter, value);
            return StringMethods.Call(state, text, "strip", chars is null ? Arguments.None : new Arguments([chars], []));
        },
        "truncate" => TextFilters.Truncate,
        "unique" => SequenceFilters.Unique,
        "urlencode" => TextFilters.UrlEncode,
        "urlize" => Urlizing.Urlize,
        "wordcount" => TextFilters.WordCount,
        "wordwrap" => Wrapping.WordWrap,
        "xmlattr" => TextFilters.XmlAttributes,
        _ => null,
    };

    static TemplateValue Default(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("default", 0, "default_value", "boolean");
        return value is UndefinedValue || (given[1] is { IsTrue: true } && !value.IsTrue) ? given[0] ?? StrValue.Empty : value;
    }

    static TemplateValue AttributeOf(TemplateValue value, Arguments arguments)
    {
        if (arguments.Bind("attr", 1, "name")[0] is not StrValue name)
            throw Fault.Type("attribute name must be string");
        // Only true attributes: an item of a mapping is none.
        if (value is UndefinedValue undefined)
            throw undefined.Fail();
        return value is DictValue && !Methods.IsDictMethod(name.Text) ? new UndefinedValue(name.Text, value) : Access.Attribute(value, name.Text);
    }
}
