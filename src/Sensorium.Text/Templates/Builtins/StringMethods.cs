using System.Globalization;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>The methods of Python's str.</summary>
internal static class StringMethods
{
    public static bool Has(string name) => name is "strip" or "lstrip" or "rstrip" or "split" or "rsplit" or "splitlines" or "startswith" or "endswith"
        or "upper" or "lower" or "title" or "capitalize" or "swapcase" or "casefold" or "replace" or "find" or "rfind" or "index" or "rindex" or "count" or "join"
        or "format" or "format_map" or "center" or "ljust" or "rjust" or "zfill" or "expandtabs" or "partition" or "rpartition" or "removeprefix" or "removesuffix"
        or "isdigit" or "isdecimal" or "isnumeric" or "isalpha" or "isalnum" or "isspace" or "isupper" or "islower" or "istitle" or "isascii" or "isidentifier" or "isprintable"
        or "translate" or "encode" or "maketrans";

    public static TemplateValue Call(RenderState state, StrValue owner, string name, Arguments arguments)
    {
        var text = owner.Text;
        if (name is not ("startswith" or "endswith" or "join" or "format"))
            state.Meter.Step(1 + (text.Length >> 4));
        switch (name)
        {
            case "strip" or "lstrip" or "rstrip":
                var chars = arguments.Expect(name, 0, 1);
                return owner.Like(Strip(text, chars.Length == 0 || chars[0] is NoneValue ? null : Text(name, chars[0]), name != "rstrip", name != "lstrip"));
            case "split" or "rsplit":
                var split = arguments.Bind(name, 0, "sep", "maxsplit");
                var limit = split[1] is null ? -1 : Methods.Integer(split[1]!);
                return List(state, owner, StringSplitting.Split(state, text, split[0] is null or NoneValue ? null : Text(name, split[0]!), limit, fromRight: name == "rsplit"));
            case "splitlines":
                var keep = arguments.Bind(name, 0, "keepends")[0];
                return List(state, owner, StringSplitting.Lines(state, text, keep is not null && keep.IsTrue));
            case "startswith" or "endswith":
                return BoolValue.Of(StartsOrEnds(owner, name, arguments.Expect(name, 1, 3)));
            case "upper" or "lower" or "title" or "capitalize" or "swapcase" or "casefold":
                arguments.Expect(name, 0, 0);
                state.Meter.Step(text.Length >> 2);
                state.Meter.Allocate(text.Length);
                return owner.Like(StringCase.Change(text, name));
            case "replace":
                var replace = arguments.Bind(name, 2, "old", "new", "count");
                return owner.Like(Replace(state, text, Text(name, replace[0]!), Text(name, replace[1]!), replace[2] is null ? -1 : Methods.Integer(replace[2]!)));
            case "find" or "rfind" or "index" or "rindex":
                return Find(state, owner, name, arguments.Expect(name, 1, 3));
            case "count":
                return IntValue.Of(Count(state, owner, arguments.Expect(name, 1, 3)));
            case "join":
                return owner.Like(Join(state, owner, arguments.Expect(name, 1, 1)[0]));
            case "format":
                return owner.Like(StrFormat.Format(state, owner, arguments));
            case "format_map":
                return owner.Like(StrFormat.Format(state, owner, new Arguments([], NamedFrom(arguments.Expect(name, 1, 1)[0]))));
            case "center" or "ljust" or "rjust":
                return owner.Like(Pad(state, owner, name, arguments.Expect(name, 1, 2)));
            case "zfill":
                return owner.Like(ZeroFill(state, owner, Methods.Integer(arguments.Expect(name, 1, 1)[0])));
            case "expandtabs":
                var size = arguments.Bind(name, 0, "tabsize")[0];
                return owner.Like(ExpandTabs(state, text, size is null ? 8 : Methods.Integer(size)));
            case "partition" or "rpartition":
                return Partition(state, owner, name, Text(name, arguments.Expect(name, 1, 1)[0]));
            case "removeprefix":
                var prefix = Text(name, arguments.Expect(name, 1, 1)[0]);
                return text.StartsWith(prefix, StringComparison.Ordinal) ? owner.Like(text[prefix.Length..]) : owner;
            case "removesuffix":
                var suffix = Text(name, arguments.Expect(name, 1, 1)[0]);
                return text.EndsWith(suffix, StringComparison.Ordinal) ? owner.Like(text[..^suffix.Length]) : owner;
            case "translate" or "encode" or "maketrans":
                throw Fault.Type($"'{name}' gives what chat templates have no values for (bytes, character tables)");
            default:
                arguments.Expect(name, 0, 0);
                state.Meter.Step(text.Length >> 2);
                return BoolValue.Of(StringCase.Is(text, name));
        }
    }

    public static string Strip(string text, string? chars, bool left, bool right)
    {
        var start = 0;
        var end = text.Length;
        // Code points beyond 16 bits are stripped as pairs; a half of one never matches alone.
        if (chars is null || chars.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            while (left && start < end && (chars is null ? IsSpace(text[start]) : chars.Contains(text[start], StringComparison.Ordinal)))
                start++;
            while (right && end > start && (chars is null ? IsSpace(text[end - 1]) : chars.Contains(text[end - 1], StringComparison.Ordinal)))
                end--;
            return start == 0 && end == text.Length ? text : text[start..end];
        }
        var set = new HashSet<int>(StrValue.Of(chars).ToCodePoints());
        var value = StrValue.Of(text);
        var points = value.ToCodePoints();
        end = points.Length;
        while (left && start < end && set.Contains(points[start]))
            start++;
        while (right && end > start && set.Contains(points[end - 1]))
            end--;
        return value.Substring(start, end - start);
    }

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static string Replace(RenderState state, string text, string old, string with, long count)
    {
        if (count == 0)
            return text;
        state.Meter.Search(text.Length, old.Length);
        if (count < 0 && old.Length > 0)
        {
            if (with.Length > old.Length)
                state.Meter.Allocate(text.Length + (long)CountOf(text, old) * (with.Length - old.Length));
            else
                state.Meter.Allocate(text.Length);
            return text.Replace(old, with, StringComparison.Ordinal);
        }
        var builder = new StringBuilder();
        var at = 0;
        state.Meter.Allocate(text.Length);
        while (count-- != 0)
        {
            var found = old.Length == 0 ? at : text.IndexOf(old, at, StringComparison.Ordinal);
            if (found < 0 || found > text.Length)
                break;
            state.Meter.Allocate(with.Length + 1);
            builder.Append(text, at, found - at).Append(with);
            at = found + old.Length;
            if (old.Length == 0)
            {
                if (at >= text.Length)
                    return builder.ToString();
                builder.Append(text[at++]);
                if (char.IsHighSurrogate(text[at - 1]) && at < text.Length && char.IsLowSurrogate(text[at]))
                    builder.Append(text[at++]);
            }
        }
        return builder.Append(text, at, text.Length - at).ToString();
    }

    public static string Join(RenderState state, StrValue separator, TemplateValue values)
    {
        var items = Iteration.Of(values, "can only join an iterable");
        var builder = new StringBuilder();
        for (var i = 0; items.TryNext(out var item); i++)
        {
            if (item is not StrValue text)
                throw item is UndefinedValue ? Fault.Type($"sequence item {i}: expected str instance, Undefined found") : Fault.Type($"sequence item {i}: expected str instance, {item.TypeName} found");
            state.Meter.Allocate(separator.Text.Length + (long)text.Text.Length);
            if (i > 0)
                builder.Append(separator.Text);
            builder.Append(separator.IsMarkup ? Html.Escape(state, text).Text : text.Text);
        }
        return builder.ToString();
    }

    public static string Center(RenderState state, StrValue text, long width, string fill)
    {
        var missing = width - text.Length;
        if (missing <= 0)
            return text.Text;
        state.Meter.Allocate(2 * width);
        var left = (int)(missing / 2 + (missing & width & 1));
        return Fill(fill, left) + text.Text + Fill(fill, (int)missing - left);
    }

    static string Fill(string fill, int count) => fill.Length == 1 ? new string(fill[0], count) : new StringBuilder().Insert(0, fill, count).ToString();

    static string Pad(RenderState state, StrValue text, string name, TemplateValue[] given)
    {
        var width = Methods.Integer(given[0]);
        var fill = given.Length > 1 ? Text(name, given[1]) : " ";
        if (StrValue.CountCodePoints(fill) != 1)
            throw Fault.Type("The fill character must be exactly one character long");
        if (name == "center")
            return Center(state, text, width, fill);
        var missing = width - text.Length;
        if (missing <= 0)
            return text.Text;
        state.Meter.Allocate(2 * width);
        return name == "ljust" ? text.Text + Fill(fill, (int)missing) : Fill(fill, (int)missing) + text.Text;
    }

    static string ZeroFill(RenderState state, StrValue text, long width)
    {
        var missing = width - text.Length;
        if (missing <= 0)
            return text.Text;
        state.Meter.Allocate(width);
        var sign = text.Text.Length > 0 && text.Text[0] is '+' or '-' ? 1 : 0;
        return string.Concat(text.Text.AsSpan(0, sign), new string('0', (int)missing), text.Text.AsSpan(sign));
    }

    static string ExpandTabs(RenderState state, string text, long size)
    {
        var builder = new StringBuilder();
        var column = 0L;
        foreach (var c in text)
        {
            if (c == '\t')
            {
                var blanks = size > 0 ? size - column % size : 0;
                state.Meter.Allocate(blanks);
                builder.Append(' ', (int)blanks);
                column += blanks;
                continue;
            }
            builder.Append(c);
            column = c is '\n' or '\r' ? 0 : char.IsLowSurrogate(c) ? column : column + 1;
        }
        state.Meter.Allocate(text.Length);
        return builder.ToString();
    }

    static TupleValue Partition(RenderState state, StrValue owner, string name, string separator)
    {
        if (separator.Length == 0)
            throw Fault.Value("empty separator");
        var text = owner.Text;
        state.Meter.Search(text.Length, separator.Length);
        state.Meter.Allocate(text.Length);
        var at = name == "partition" ? text.IndexOf(separator, StringComparison.Ordinal) : text.LastIndexOf(separator, StringComparison.Ordinal);
        if (at < 0)
            return name == "partition" ? new TupleValue([owner, owner.Like(""), owner.Like("")]) : new TupleValue([owner.Like(""), owner.Like(""), owner]);
        return new TupleValue([owner.Like(text[..at]), owner.Like(separator), owner.Like(text[(at + separator.Length)..])]);
    }

    static bool StartsOrEnds(StrValue owner, string name, TemplateValue[] given)
    {
        var start = Methods.Bound(given, 1, 0, owner.Length);
        var stop = Methods.Bound(given, 2, owner.Length, owner.Length);
        var isPossible = given.Length < 2 || Methods.Integer(given[1] is NoneValue ? IntValue.Of(0) : given[1]) <= owner.Length;
        var text = start < stop ? owner.Substring(start, stop - start) : "";
        if (given[0] is TupleValue choices)
        {
            foreach (var choice in choices.Items)
            {
                if (isPossible && Matches(Text(name, choice)))
                    return true;
            }
            return false;
        }
        if (given[0] is not StrValue one)
            throw Fault.Type($"{name} first arg must be str or a tuple of str, not {given[0].TypeName}");
        return isPossible && Matches(one.Text);

        bool Matches(string part) => name == "startswith" ? text.StartsWith(part, StringComparison.Ordinal) : text.EndsWith(part, StringComparison.Ordinal);
    }

    static IntValue Find(RenderState state, StrValue owner, string name, TemplateValue[] given)
    {
        var part = Text(name, given[0]);
        var start = Methods.Bound(given, 1, 0, owner.Length);
        var stop = Methods.Bound(given, 2, owner.Length, owner.Length);
        var found = -1;
        state.Meter.Search(owner.Text.Length, part.Length);
        if (start <= stop && (given.Length < 2 || given[1] is NoneValue || Methods.Integer(given[1]) <= owner.Length))
        {
            var from = owner.UnitIndex(start);
            var span = owner.Text.AsSpan(from, owner.UnitIndex(stop) - from);
            found = name[0] == 'r' ? span.LastIndexOf(part) : span.IndexOf(part);
            if (found >= 0)
                found = owner.CodePointIndex(from + found);
        }
        if (found < 0 && name is "index" or "rindex")
            throw Fault.Value("substring not found");
        return IntValue.Of(found);
    }

    static long Count(RenderState state, StrValue owner, TemplateValue[] given)
    {
        var part = Text("count", given[0]);
        var start = Methods.Bound(given, 1, 0, owner.Length);
        var stop = Methods.Bound(given, 2, owner.Length, owner.Length);
        if (start > stop)
            return 0;
        state.Meter.Search(owner.Text.Length, part.Length);
        var text = owner.Substring(start, stop - start);
        return part.Length == 0 ? StrValue.CountCodePoints(text) + 1 : CountOf(text, part);
    }

    static int CountOf(string text, string part) => text.AsSpan().Count(part);

    static ListValue List(RenderState state, StrValue owner, List<string> parts)
    {
        state.Meter.AllocateElements(parts.Count);
        var values = new TemplateValue[parts.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = owner.Like(parts[i]);
        return new ListValue(values);
    }

    static KeyValuePair<string, TemplateValue>[] NamedFrom(TemplateValue value)
    {
        if (value is not DictValue dict)
            throw Fault.Type($"format_map() argument must be a mapping, not {value.TypeName}");
        var named = new List<KeyValuePair<string, TemplateValue>>();
        for (var i = 0; i < dict.Count; i++)
        {
            if (dict.KeyAt(i) is StrValue key)
                named.Add(new(key.Text, dict.ValueAt(i)));
        }
        return [.. named];
    }

    /// <summary>An argument that must be text.</summary>
    static string Text(string method, TemplateValue value) => value is StrValue text
        ? text.Text
        : throw Fault.Type($"{method}() argument must be str, not {value.TypeName}");
}
