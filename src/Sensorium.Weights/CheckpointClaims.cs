using System.Text.RegularExpressions;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights;

/// <summary>Which tensors of one source a model has claimed, and what did not fit.</summary>
sealed partial class CheckpointClaims(TensorSource? source, NameTable names, Func<string, WeightRole, long[], DType>? typeOf)
{
    const int MostNamed = 8;
    const long LargestValues = 64L << 20;

    readonly Dictionary<string, ClaimedWeight> byName = new(StringComparer.Ordinal);
    readonly List<ClaimedWeight> claims = [];
    readonly HashSet<string> claimed = new(StringComparer.Ordinal);
    readonly Dictionary<string, HashSet<int>> slices = new(StringComparer.Ordinal);
    readonly List<string> misshapen = [];
    readonly List<string> missing = [];
    readonly List<Regex> allowed = [];
    readonly List<CheckpointClaims> parts = [];
    NameTable names = names;

    public TensorSource? Source => source;

    /// <summary>Whether weights without a source are made up when loading.</summary>
    public bool MakesUpWeights { get; init; }

    public IEnumerable<Weight> Weights => claims.Select(claim => claim.Weight);

    public IReadOnlyList<ClaimedWeight> Claims => claims;

    /// <summary>The source's tensors that nothing claimed.</summary>
    public IEnumerable<string> Unclaimed => source is null ? [] : source.Names.Where(name => !claimed.Contains(name));

    /// <summary>This and all parts beside it.</summary>
    public IEnumerable<CheckpointClaims> All => [this, .. parts.SelectMany(part => part.All)];

    public CheckpointClaims AddPart(TensorSource? other, NameTable otherNames)
    {
        if (source is not null && other is null)
            throw new ArgumentNullException(nameof(other), "a checkpoint with a file has parts with files");
        var part = new CheckpointClaims(source is null ? null : other, otherNames, typeOf) { MakesUpWeights = MakesUpWeights };
        parts.Add(part);
        return part;
    }

    public void UseNames(NameTable table)
    {
        if (claims.Count > 0)
            throw new InvalidOperationException("weights are declared already; set the names before");
        names = table;
    }

    /// <summary>Where the source holds a hub tensor; null where it does not.</summary>
    public Found? Find(string hubName)
    {
        if (source is null)
            return null;
        foreach (NamePlace place in names.PlacesOf(hubName))
        {
            if (!source.TryGet(place.Name, out RawTensor? raw))
                continue;
            long[] shape = raw.Shape.ToArray();
            if (place.Slice >= 0)
            {
                if (shape.Length < 2 || place.Slice >= shape[0])
                    continue;
                shape = shape[1..];
            }

            return new Found(place, raw, place.Transform?.HubShape(shape) ?? shape);
        }

        return null;
    }

    public Weight Claim(string hubName, WeightRole role, long[] shape, string because)
    {
        if (byName.TryGetValue(hubName, out ClaimedWeight? before))
        {
            if (before.Weight.Role != role || !before.Weight.Shape.SequenceEqual(shape))
                throw new InvalidOperationException($"'{hubName}' is declared as {before.Weight.Role} [{string.Join(", ", before.Weight.Shape)}] and again as {role} [{string.Join(", ", shape)}]");
            return before.Weight;
        }

        var weight = new Weight(hubName, role, shape);
        Found? found = Find(hubName);
        if (found is not null)
            Take(found, hubName, weight, because);
        else if (source is null)
            weight.SourceType = typeOf!(hubName, role, shape);
        else
            missing.Add(hubName);
        var claim = new ClaimedWeight(weight, found);
        byName.Add(hubName, claim);
        claims.Add(claim);
        return weight;
    }

    public float[]? Values(string hubName)
    {
        if (Find(hubName) is not { } found)
            return null;
        Note(found.Place);
        if (found.Raw.Elements > LargestValues)
            throw new CheckpointException(found.Raw.Source, found.Raw.Name, $"has {found.Raw.Elements} numbers, too many for a table of values");
        return BlockFormats.ToFloats(found.Read(hubName));
    }

    public void Allow(string pattern)
    {
        foreach (string spelling in names.PlacesOf(pattern).Select(place => place.Name).Distinct(StringComparer.Ordinal))
            allowed.Add(new Regex("^" + Regex.Escape(spelling).Replace("\\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1)));
    }

    /// <exception cref="CheckpointException">Something is missing, left over, or of another shape.</exception>
    public void Check()
    {
        if (source is null)
            return;
        string[] unclaimed = [.. Unclaimed.Where(name => !allowed.Exists(pattern => pattern.IsMatch(name)))];
        var faults = new List<string>();
        if (misshapen.Count > 0)
            faults.Add($"of another shape: {Some(misshapen)}");
        if (missing.Count > 0)
            faults.Add($"missing: {Some([.. missing.Select(Spelt)])}");
        if (unclaimed.Length > 0)
            faults.Add($"not used by the model: {Some(unclaimed)}");
        foreach ((string name, HashSet<int> used) in slices)
        {
            if (source.TryGet(name, out RawTensor? raw) && used.Count != raw.Shape[0])
                faults.Add($"'{name}' stacks {raw.Shape[0]} tensors, the model uses {used.Count}");
        }

        if (faults.Count > 0)
            throw new CheckpointException(source.Path, $"config and tensors do not fit together; {string.Join("; ", faults)}. Take both from the same download");
    }

    void Take(Found found, string hubName, Weight weight, string because)
    {
        Note(found.Place);
        weight.SourceType = found.Raw.Type;
        if (!SameShape(found.Shape, weight.Shape))
        {
            string keys = ConfigKeys(because);
            misshapen.Add($"'{hubName}'{(string.Equals(found.Place.Name, hubName, StringComparison.Ordinal) ? "" : $" (here '{found.Place.Name}')")} " +
                $"is [{string.Join(", ", found.Shape)}], but the config says [{string.Join(", ", weight.Shape)}]{(keys.Length > 0 ? $" ({keys})" : "")}");
        }
    }

    void Note(NamePlace place)
    {
        claimed.Add(place.Name);
        if (place.Slice < 0)
            return;
        if (!slices.TryGetValue(place.Name, out HashSet<int>? used))
            slices.Add(place.Name, used = []);
        used.Add(place.Slice);
    }

    /// <summary>A number by itself is as good as a vector of one; GGUF drops outermost dimensions of 1, so these do not count there.</summary>
    bool SameShape(long[] found, IReadOnlyList<long> wanted)
    {
        if (wanted.SequenceEqual(found) || (found.Length == 0 && wanted is [1]))
            return true;
        return source!.Gguf is not null && wanted.SkipWhile(size => size == 1).SequenceEqual(found.SkipWhile(size => size == 1));
    }

    string Spelt(string hubName)
    {
        string other = names.PlacesOf(hubName).First().Name;
        return string.Equals(other, hubName, StringComparison.Ordinal) ? $"'{hubName}'" : $"'{hubName}' (here '{other}')";
    }

    static string Some(IReadOnlyList<string> items) =>
        string.Join(", ", items.Take(MostNamed)) + (items.Count > MostNamed ? $" and {items.Count - MostNamed} more" : "");

    /// <summary>Expressions like <c>config.HiddenSize</c> or <c>hiddenSize</c> as the keys of config.json: names of two words at least.</summary>
    static string ConfigKeys(string because)
    {
        string[] keys = [.. Member().Matches(because).Select(match => Capital().Replace(match.Groups["name"].Value, "_$0").TrimStart('_').ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
        return keys.Length > 0 ? $"key {string.Join(", ", keys)}" : "";
    }

    [GeneratedRegex(@"\b(?<name>[A-Za-z][a-z0-9]*([A-Z][a-z0-9]*)+)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Member();

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Capital();

    /// <summary>A weight and where its tensor is; null where it is missing or there is no file.</summary>
    internal sealed record ClaimedWeight(Weight Weight, Found? Found);

    /// <summary>A tensor of the source and how it becomes the hub's.</summary>
    /// <param name="Place">Which tensor, and what was done to it.</param>
    /// <param name="Raw">The file's tensor.</param>
    /// <param name="Shape">Sizes as the hub has them.</param>
    internal sealed record Found(NamePlace Place, RawTensor Raw, long[] Shape)
    {
        /// <summary>The hub's tensor's type.</summary>
        public DType HubType => Place.Transform?.HubType(Raw.Type) ?? Raw.Type;

        /// <summary>The hub's tensor without its numbers.</summary>
        /// <exception cref="ArgumentException">Its rows are no whole number of blocks.</exception>
        public RawTensor HubForm => RawTensor.ShapeOnly(Raw.Name, HubType, Shape);

        /// <summary>The file's bytes that belong to the hub's tensor: all, or a slice.</summary>
        public RawTensor View(string hubName) => Place.Slice < 0
            ? Raw
            : Raw.Slice(hubName, Place.Slice, 1).As(hubName, Raw.Shape[1..].ToArray());

        /// <summary>The hub's tensor of a weight, to be read later.</summary>
        public PlannedTensor Plan(Weight weight)
        {
            return new PlannedTensor(weight.Name, HubType, [.. weight.Shape], HubType, Raw.Source, () => Read(weight.Name));
        }

        /// <summary>The hub's tensor: the view itself where rows stay where they are, else a copy.</summary>
        public RawTensor Read(string hubName) => Place.Transform?.ToHub(hubName, View(hubName)) ?? View(hubName);
    }
}
