using System.Globalization;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>Filters on text.</summary>
internal static class TextFilters
{
    public static TemplateValue Center(RenderState state, TemplateValue value, Arguments arguments)
    {
        var width = arguments.Bind("center", 0, "width")[0];
        var text = Printer.ToStr(state.Meter, value);
        return text.Like(StringMethods.Center(state, text, width is null ? 80 : Methods.Integer(width), " "));
    }

    public static TemplateValue Format(RenderState state, TemplateValue value, Arguments arguments)
    {
        if (arguments.Positional.Length > 0 && arguments.Named.Length > 0)
            throw Fault.Argument("can't handle positional and keyword arguments at the same time");
        TemplateValue values = new TupleValue(arguments.Positional);
        if (arguments.Named.Length > 0)
            values = TemplateValue.Mapping(arguments.Named);
        return Arithmetic.Apply(state, Operator.Modulo, Printer.ToStr(state.Meter, value), values);
    }

    public static TemplateValue Indent(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("indent", 0, "width", "first", "blank");
        var text = Require(value);
        var indention = given[0] switch
        {
            StrValue own => own.Text,
            _ => Printer.Str(state.Meter, Arithmetic.Repeat(state, StrValue.Of(' '), given[0] is null ? 4 : Methods.Integer(given[0]!))),
        };
        var (first, blank) = (given[1]?.IsTrue ?? false, given[2]?.IsTrue ?? false);
        var lines = StringSplitting.Lines(state, text.Text + "\n", keepEnds: false);
        var builder = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            state.Meter.Allocate(indention.Length + lines[i].Length + 1L);
            if (i > 0)
                builder.Append('\n');
            if (i == 0 ? first : blank || lines[i].Length > 0)
                builder.Append(indention);
            builder.Append(lines[i]);
        }
        return text.Like(builder.ToString());
    }

    public static TemplateValue Join(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("join", 0, "d", "attribute");
        var getter = given[1] is null or NoneValue ? null : Selecting.Getter(given[1], null);
        var separator = given[0] is null ? StrValue.Empty : Printer.ToStr(state.Meter, given[0]!);
        var items = Iteration.Of(value);
        var texts = new List<StrValue>();
        var markup = separator.IsMarkup;
        while (items.TryNext(out var item))
        {
            state.Meter.AllocateElements(1);
            var text = Printer.ToStr(state.Meter, getter is null ? item : getter(item));
            markup |= text.IsMarkup;
            texts.Add(text);
        }
        markup &= state.Autoescape;
        var builder = new StringBuilder();
        for (var i = 0; i < texts.Count; i++)
        {
            state.Meter.Allocate(texts[i].Text.Length + (long)separator.Text.Length);
            if (i > 0)
                builder.Append(markup ? Html.Escape(state, separator).Text : separator.Text);
            builder.Append(markup ? Html.Escape(state, texts[i]).Text : texts[i].Text);
        }
        return markup ? StrValue.Markup(builder.ToString()) : StrValue.Of(builder.ToString());
    }

    public static TemplateValue Replace(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("replace", 2, "old", "new", "count");
        var count = given[2] is null or NoneValue ? -1 : Methods.Integer(given[2]!);
        var old = Printer.ToStr(state.Meter, given[0]!);
        var with = Printer.ToStr(state.Meter, given[1]!);
        var text = Printer.ToStr(state.Meter, value);
        if (!state.Autoescape)
            return StrValue.Of(StringMethods.Replace(state, text.Text, old.Text, with.Text, count));
        if (old.IsMarkup || (with.IsMarkup && !text.IsMarkup))
            text = Html.Escape(state, text);
        return text.Like(StringMethods.Replace(state, text.Text, old.Text, text.IsMarkup ? Html.Escape(state, with).Text : with.Text, count));
    }

    public static TemplateValue Title(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("title", 0);
        var text = Printer.ToStr(state.Meter, value);
        state.Meter.Allocate(text.Text.Length);
        state.Meter.Step(text.Text.Length >> 1);
        var builder = new StringBuilder(text.Text.Length);
        for (var at = 0; at < text.Text.Length;)
        {
            var end = at;
            while (end < text.Text.Length && IsBreak(text.Text[end]))
                end++;
            builder.Append(text.Text, at, end - at);
            at = end;
            while (end < text.Text.Length && !IsBreak(text.Text[end]))
                end++;
            if (end == at)
                continue;
            var first = char.IsHighSurrogate(text.Text[at]) && at + 1 < end ? 2 : 1;
            builder.Append(StringCase.Upper(text.Text.Substring(at, first))).Append(StringCase.Lower(text.Text[(at + first)..end]));
            at = end;
        }
        return text.Like(builder.ToString());

        static bool IsBreak(char c) => c is '-' or '(' or '{' or '[' or '<' || StringMethods.IsSpace(c);
    }

    public static TemplateValue Truncate(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        var length = given[0] is null ? 255 : Methods.Integer(given[0]!);
        var end = given[2] is null ? StrValue.Of("...") : Require(given[2]!);
        var leeway = given[3] is null or NoneValue ? 5 : Methods.Integer(given[3]!);
        if (length < end.Length)
            throw new Fault(TemplateErrorKind.Assertion, $"expected length >= {end.Length}, got {length}");
        if (leeway < 0)
            throw new Fault(TemplateErrorKind.Assertion, $"expected leeway >= 0, got {leeway}");
        if (value is not StrValue && Iteration.LengthOf(value) <= length + leeway)
            return value;
        var text = Require(value);
        if (text.Length <= length + leeway)
            return text;
        state.Meter.Allocate(length + end.Length);
        var cut = text.Substring(0, (int)length - end.Length);
        if (!(given[1]?.IsTrue ?? false))
        {
            var blank = cut.LastIndexOf(' ');
            cut = blank < 0 ? cut : cut[..blank];
        }
        return text.Like(cut + end.Text);
    }

    public static TemplateValue WordCount(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("wordcount", 0);
        var (count, inWord) = (0, false);
        var text = Printer.Str(state.Meter, value);
        state.Meter.Step(text.Length >> 2);
        foreach (var rune in text.EnumerateRunes())
        {
            var isWord = Rune.IsLetterOrDigit(rune) || rune.Value == '_' || Rune.IsNumber(rune);
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }
        return IntValue.Of(count);
    }

    public static TemplateValue StripTags(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("striptags", 0);
        var text = Printer.Str(state.Meter, value);
        state.Meter.Allocate(text.Length);
        state.Meter.Step(text.Length >> 2);
        text = Without(Without(text, "<!--", "-->"), "<", ">");
        return StrValue.Of(Unescape(string.Join(' ', StringSplitting.Split(state, text, null, -1, fromRight: false))));
    }

    public static TemplateValue UrlEncode(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("urlencode", 0);
        if (value is StrValue || Iteration.TryOf(value) is null)
            return StrValue.Of(Quote(state, Printer.Str(state.Meter, value), forQuery: false));
        var items = value is DictValue dict ? Iteration.Of(new DictView(dict, DictViewKind.Items)) : Iteration.Of(value);
        var builder = new StringBuilder();
        while (items.TryNext(out var item))
        {
            var pair = Iteration.ToArray(state, item);
            if (pair.Length != 2)
                throw Fault.Value($"not enough values to unpack (expected 2, got {pair.Length})");
            if (builder.Length > 0)
                builder.Append('&');
            builder.Append(Quote(state, Printer.Str(state.Meter, pair[0]), forQuery: true)).Append('=').Append(Quote(state, Printer.Str(state.Meter, pair[1]), forQuery: true));
        }
        return StrValue.Of(builder.ToString());
    }

    public static TemplateValue XmlAttributes(RenderState state, TemplateValue value, Arguments arguments)
    {
        var space = arguments.Bind("xmlattr", 0, "autospace")[0]?.IsTrue ?? true;
        if (value is not DictValue dict)
            throw value is UndefinedValue undefined ? undefined.Fail() : new Fault(TemplateErrorKind.Attribute, $"'{value.TypeName}' object has no attribute 'items'");
        var builder = new StringBuilder();
        for (var i = 0; i < dict.Count; i++)
        {
            if (dict.ValueAt(i) is NoneValue or UndefinedValue)
                continue;
            var key = Require(dict.KeyAt(i));
            if (key.Text.AsSpan().IndexOfAny(" \t\n\r\v\f/>=") >= 0)
                throw Fault.Value($"Invalid character in attribute name: {Printer.Repr(state.Meter, key)}");
            if (builder.Length > 0 || space)
                builder.Append(' ');
            builder.Append(Html.Escape(state, key).Text).Append("=\"").Append(Html.Escape(state, dict.ValueAt(i)).Text).Append('"');
        }
        return state.Autoescape ? StrValue.Markup(builder.ToString()) : StrValue.Of(builder.ToString());
    }

    /// <summary>pprint.pformat: repr where it fits 80 columns, else one element a line; the keys of mappings sorted.</summary>
    public static TemplateValue PrettyPrint(RenderState state, TemplateValue value, Arguments arguments)
    {
        arguments.Bind("pprint", 0);
        var builder = new StringBuilder();
        Pretty(state, builder, value, 0, 0);
        return StrValue.Of(builder.ToString());
    }

    static void Pretty(RenderState state, StringBuilder builder, TemplateValue value, int indent, int allowance)
    {
        Meter.EnsureStack();
        if (value is DictValue dict)
            value = Ordered(state, dict);
        var line = Printer.Repr(state.Meter, value);
        if (line.Length <= 80 - indent - allowance || value is not (SequenceValue or DictValue))
        {
            builder.Append(line);
            return;
        }
        state.Meter.Allocate(indent);
        var (open, close) = value switch
        {
            ListValue => ('[', ']'),
            TupleValue => ('(', ')'),
            _ => ('{', '}'),
        };
        builder.Append(open);
        var count = (int)Iteration.LengthOf(value)!.Value;
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
                builder.Append(",\n").Append(' ', indent + 1);
            var (item, width) = (value as SequenceValue)?.Items[i] is { } element ? (element, 0) : (((DictValue)value).ValueAt(i), 0);
            if (value is DictValue map)
            {
                var key = Printer.Repr(state.Meter, map.KeyAt(i));
                builder.Append(key).Append(": ");
                width = key.Length + 2;
            }
            Pretty(state, builder, item, indent + 1 + width, i == count - 1 ? allowance + 1 : 1);
        }
        if (value is TupleValue && count == 1)
            builder.Append(',');
        builder.Append(close);
    }

    static DictValue Ordered(RenderState state, DictValue dict)
    {
        var order = Sorting.Sorted(state, [.. Enumerable.Range(0, dict.Count)], dict.KeyAt, reverse: false);
        var sorted = new DictValue();
        foreach (var i in order)
            sorted.Set(dict.KeyAt(i), dict.ValueAt(i));
        return sorted;
    }

    static StrValue Require(TemplateValue value) => value switch
    {
        StrValue text => text,
        UndefinedValue undefined => throw undefined.Fail(),
        SequenceValue or DictValue => throw new Fault(TemplateErrorKind.Attribute, $"the filter works on text, not on {value.TypeName}"),
        _ => throw Fault.Type($"the filter works on text, not on {value.TypeName}"),
    };

    static string Without(string text, string open, string close)
    {
        var builder = new StringBuilder(text.Length);
        var at = 0;
        while (true)
        {
            var start = text.IndexOf(open, at, StringComparison.Ordinal);
            var end = start < 0 ? -1 : text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0)
                return builder.Append(text, at, text.Length - at).ToString();
            builder.Append(text, at, start - at);
            at = end + close.Length;
        }
    }

    static string Unescape(string text) => text.Contains('&', StringComparison.Ordinal) ? System.Net.WebUtility.HtmlDecode(text) : text;

    static string Quote(RenderState state, string text, bool forQuery)
    {
        state.Meter.Allocate(3L * text.Length);
        var builder = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !forQuery))
                builder.Append(c);
            else if (c == ' ' && forQuery)
                builder.Append('+');
            else
                builder.Append(CultureInfo.InvariantCulture, $"%{(int)b:X2}");
        }
        return builder.ToString();
    }
}
