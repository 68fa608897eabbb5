using System.Globalization;
using System.Text;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// One correspondence of names. A wildcard stands in braces: <c>{n}</c> and other letters for a whole number, <c>{*}</c> for any text.
/// A number that only the hub's name has says which slice of the file's outermost dimension it is (stacked experts).
/// </summary>
/// <param name="Hub">The hub's name, as <c>model.layers.{n}.mlp.gate_proj.weight</c>.</param>
/// <param name="Other">The file's name, as <c>blk.{n}.ffn_gate.weight</c>.</param>
/// <param name="Transform">What the file did to the tensor; null where nothing.</param>
public sealed record NameRow(string Hub, string Other, TensorTransform? Transform = null);

/// <summary>The table of one family and one spelling: hub names ↔ a file's names. Rows are tried in order; a name without a row stands for itself.</summary>
/// <param name="rows">The rows.</param>
public sealed class NameTable(params NameRow[] rows)
{
    readonly (NamePattern Hub, NamePattern Other, NameRow Row)[] rows =
        [.. rows.Select(row => (new NamePattern(row.Hub), new NamePattern(row.Other), row))];

    /// <summary>A table that changes nothing.</summary>
    public static NameTable Identity { get; } = new();

    /// <summary>The rows in order.</summary>
    public IEnumerable<NameRow> Rows => rows.Select(row => row.Row);

    /// <summary>This table, with another's rows tried after its own.</summary>
    public NameTable Then(NameTable next) => new([.. Rows, .. next.Rows]);

    /// <summary>This table for tensors that stand at a place within a larger checkpoint.</summary>
    public NameTable Within(string place) => new([.. Rows.Select(row => row with { Hub = $"{place}.{row.Hub}", Other = $"{place}.{row.Other}" })]);

    /// <summary>The places in which a file may hold a hub tensor, likeliest first; the name itself last.</summary>
    public IEnumerable<NamePlace> PlacesOf(string hubName)
    {
        foreach ((NamePattern hub, NamePattern other, NameRow row) in rows)
        {
            Dictionary<string, string>? captures = hub.Match(hubName);
            if (captures is not null)
                yield return new NamePlace(other.Fill(captures), Slice(captures, other), row.Transform);
        }

        yield return new NamePlace(hubName, -1, null);
    }

    /// <summary>The file's tensors out of the hub's: the table run backwards. Nothing is read; each is made when it is fetched.</summary>
    /// <param name="hub">Tensors under hub names.</param>
    /// <param name="unknown">Receives the names that no row knows; such tensors keep their name.</param>
    /// <exception cref="CheckpointException">Tensors that go into one are of different types or shapes.</exception>
    public IEnumerable<PlannedTensor> FromHub(IEnumerable<PlannedTensor> hub, ICollection<string> unknown)
    {
        ArgumentNullException.ThrowIfNull(unknown);
        var groups = new Dictionary<string, List<(NamePlace Place, PlannedTensor Tensor)>>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (PlannedTensor tensor in hub)
        {
            NamePlace place = PlacesOf(tensor.Name).First();
            if (!Knows(tensor.Name))
                unknown.Add(tensor.Name);
            if (!groups.TryGetValue(place.Name, out var group))
            {
                groups.Add(place.Name, group = []);
                order.Add(place.Name);
            }

            group.Add((place, tensor));
        }

        foreach (string name in order)
            yield return Gather(name, groups[name]);
    }

    static PlannedTensor Gather(string name, List<(NamePlace Place, PlannedTensor Tensor)> group)
    {
        bool isStack = group[0].Place.Slice >= 0;
        PlannedTensor[] parts =
        [
            .. group.OrderBy(part => isStack ? part.Place.Slice : part.Place.Transform is TensorTransform.RowPart rows ? rows.Index : 0)
                .Select(part => Turned(name, part.Place.Transform, part.Tensor)),
        ];
        return parts.Length == 1 && !isStack ? parts[0] : TensorTransform.Join(name, parts, isStack);
    }

    static PlannedTensor Turned(string name, TensorTransform? transform, PlannedTensor hub)
    {
        if (transform is null)
            return new PlannedTensor(name, hub.StoredAs, hub.Shape.ToArray(), hub.StoredAs, hub.Source, hub.Fetch);
        DType type = transform.OtherType(hub.StoredAs);
        return new PlannedTensor(name, type, transform.OtherShape(hub.Shape), type, hub.Source, () => transform.FromHub(name, hub.Fetch()));
    }

    bool Knows(string hubName) => rows.Any(row => row.Hub.Match(hubName) is not null);

    static int Slice(Dictionary<string, string> captures, NamePattern other)
    {
        foreach ((string wildcard, string text) in captures)
        {
            if (wildcard is not "*" && !other.Has(wildcard))
                return int.Parse(text, CultureInfo.InvariantCulture);
        }

        return -1;
    }
}

/// <summary>Where a file may hold a tensor.</summary>
/// <param name="Name">The tensor's name in the file.</param>
/// <param name="Slice">Which slice of its outermost dimension; −1 for all of it.</param>
/// <param name="Transform">What the file did to it; null where nothing.</param>
public readonly record struct NamePlace(string Name, int Slice, TensorTransform? Transform);

/// <summary>A name with wildcards in braces.</summary>
sealed class NamePattern
{
    const int MostDigits = 9;

    readonly List<(string Text, bool IsWildcard)> parts = [];

    public NamePattern(string pattern)
    {
        int at = 0;
        while (at < pattern.Length)
        {
            int open = pattern.IndexOf('{', at);
            if (open < 0)
                open = pattern.Length;
            if (open > at)
                parts.Add((pattern[at..open], false));
            if (open == pattern.Length)
                break;
            int close = pattern.IndexOf('}', open);
            if (close < 0)
                throw new ArgumentException($"the name pattern '{pattern}' has a brace that does not close", nameof(pattern));
            parts.Add((pattern[(open + 1)..close], true));
            at = close + 1;
        }
    }

    public bool Has(string wildcard) => parts.Exists(part => part.IsWildcard && string.Equals(part.Text, wildcard, StringComparison.Ordinal));

    /// <summary>What the wildcards stand for in a name, or null where it does not match.</summary>
    public Dictionary<string, string>? Match(string name)
    {
        var captures = new Dictionary<string, string>(StringComparer.Ordinal);
        return Match(name, 0, 0, captures) ? captures : null;
    }

    public string Fill(Dictionary<string, string> captures)
    {
        var text = new StringBuilder();
        foreach ((string part, bool isWildcard) in parts)
            text.Append(isWildcard ? captures[part] : part);
        return text.ToString();
    }

    bool Match(string name, int at, int part, Dictionary<string, string> captures)
    {
        if (part == parts.Count)
            return at == name.Length;
        (string text, bool isWildcard) = parts[part];
        if (!isWildcard)
            return string.CompareOrdinal(name, at, text, 0, text.Length) == 0 && at + text.Length <= name.Length && Match(name, at + text.Length, part + 1, captures);
        if (string.Equals(text, "*", StringComparison.Ordinal))
        {
            for (int end = name.Length; end >= at; end--)
            {
                if (!Match(name, end, part + 1, captures))
                    continue;
                captures[text] = name[at..end];
                return true;
            }

            return false;
        }

        int digits = at;
        while (digits < name.Length && digits - at < MostDigits && char.IsAsciiDigit(name[digits]))
            digits++;
        if (digits == at || !Match(name, digits, part + 1, captures))
            return false;
        captures[text] = name[at..digits];
        return true;
    }
}
