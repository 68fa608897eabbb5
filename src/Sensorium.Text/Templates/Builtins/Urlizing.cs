using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>The urlize filter: web and mail addresses in a text become links.</summary>
internal static class Urlizing
{
    public static TemplateValue Urlize(RenderState state, TemplateValue value, Arguments arguments)
    {
        var given = arguments.Bind("urlize", 0, "trim_url_limit", "nofollow", "target", "rel", "extra_schemes");
        var limit = given[0] is null or NoneValue ? int.MaxValue : (int)Math.Clamp(Methods.Integer(given[0]!), 0, int.MaxValue);
        var rels = new SortedSet<string>(StringComparer.Ordinal) { "noopener" };
        if (given[1]?.IsTrue ?? false)
            rels.Add("nofollow");
        if (given[3] is StrValue rel)
            rels.UnionWith(StringSplitting.Split(state, rel.Text, null, -1, fromRight: false));
        var attributes = $" rel=\"{Html.Escape(state, string.Join(' ', rels))}\"";
        if (given[2] is StrValue target)
            attributes += $" target=\"{Html.Escape(state, target.Text)}\"";
        List<string> schemes = [];
        if (given[4] is not (null or NoneValue))
        {
            foreach (var scheme in Iteration.ToArray(state, given[4]!))
                schemes.Add(Printer.Str(state.Meter, scheme));
        }
        var escaped = Html.Escape(state, value).Text;
        var builder = new StringBuilder();
        for (var at = 0; at < escaped.Length;)
        {
            var blank = StringMethods.IsSpace(escaped[at]);
            var end = at;
            while (end < escaped.Length && StringMethods.IsSpace(escaped[end]) == blank)
                end++;
            var word = escaped[at..end];
            state.Meter.Allocate(3L * word.Length + attributes.Length);
            builder.Append(blank ? word : Link(word, limit, attributes, schemes));
            at = end;
        }
        return state.Autoescape ? StrValue.Markup(builder.ToString()) : StrValue.Of(builder.ToString());
    }

    static string Link(string word, int limit, string attributes, List<string> schemes)
    {
        var start = 0;
        while (start < word.Length && (word[start] is '(' or '<' || At(word, start, "&lt;")))
            start += word[start] == '&' ? 4 : 1;
        var end = word.Length;
        while (end > start && (word[end - 1] is ')' or '>' or '.' or ',' or '\n' || (end - start >= 4 && At(word, end - 4, "&gt;"))))
            end -= word[end - 1] == ';' ? 4 : 1;
        // A bracket that opens inside the address closes inside of it.
        while (end < word.Length && word[end] == ')' && word.AsSpan(start, end - start).Count('(') > word.AsSpan(start, end - start).Count(')'))
            end++;
        var middle = word[start..end];
        var shown = middle.Length > limit ? middle[..limit] + "..." : middle;
        string? address = null;
        if (HasHost(middle, "https://") || HasHost(middle, "http://") || schemes.Exists(s => middle.Length > s.Length && middle.StartsWith(s, StringComparison.Ordinal)))
            address = middle;
        else if (HasHost(middle, "www.") || IsBareHost(middle))
            address = "https://" + middle;
        else if (IsMail(middle.StartsWith("mailto:", StringComparison.Ordinal) ? middle[7..] : middle))
            return $"{word[..start]}<a href=\"mailto:{(middle.StartsWith("mailto:", StringComparison.Ordinal) ? middle[7..] : middle)}\">{(middle.StartsWith("mailto:", StringComparison.Ordinal) ? middle[7..] : middle)}</a>{word[end..]}";
        return address is null ? word : $"{word[..start]}<a href=\"{address}\"{attributes}>{shown}</a>{word[end..]}";
    }

    static bool At(string word, int at, string part) => string.CompareOrdinal(word, at, part, 0, part.Length) == 0;

    static bool HasHost(string text, string start) =>
        text.Length > start.Length && text.StartsWith(start, StringComparison.OrdinalIgnoreCase) && (char.IsLetterOrDigit(text[start.Length]) || text[start.Length] == '[')
        && (start[0] == 'h' || text.AsSpan(start.Length).Contains('.'));

    /// <summary>A name without scheme that ends in one of the first top-level domains.</summary>
    static bool IsBareHost(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        return !host.Contains('@', StringComparison.Ordinal) && IsHost(host)
            && (host.EndsWith(".com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".net", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".org", StringComparison.OrdinalIgnoreCase)
                || host.EndsWith(".int", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".edu", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".gov", StringComparison.OrdinalIgnoreCase)
                || host.EndsWith(".mil", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".info", StringComparison.OrdinalIgnoreCase));
    }

    static bool IsHost(string host)
    {
        if (host.Length < 4 || !char.IsLetterOrDigit(host[0]) || !host.Contains('.', StringComparison.Ordinal))
            return false;
        foreach (var c in host)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('.' or '-' or ':'))
                return false;
        }
        return true;
    }

    static bool IsMail(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && text.LastIndexOf('@') == at && IsHost(text[(at + 1)..]) && !text[(at + 1)..].EndsWith('.');
    }
}
