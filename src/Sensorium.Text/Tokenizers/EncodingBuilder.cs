namespace Sensorium.Text.Tokenizers;

/// <summary>An encoding in the making.</summary>
internal sealed class EncodingBuilder
{
    const int MaxPadded = 16_000_000, MaxWindowTokens = 64_000_000;

    readonly List<int> ids;
    readonly List<int> types;
    readonly List<int> attention;
    readonly List<int> special;
    readonly List<(int Start, int End)> offsets;

    public EncodingBuilder() : this([], [], [], [], [])
    {
    }

    EncodingBuilder(List<int> ids, List<int> types, List<int> attention, List<int> special, List<(int Start, int End)> offsets)
    {
        this.ids = ids;
        this.types = types;
        this.attention = attention;
        this.special = special;
        this.offsets = offsets;
    }

    public int Count => ids.Count;

    public List<int> Ids => ids;

    public List<(int Start, int End)> Offsets => offsets;

    public List<EncodingBuilder> Overflowing { get; } = [];

    public void Add(int id, int start, int end, int type = 0, bool isSpecial = false)
    {
        ids.Add(id);
        types.Add(type);
        attention.Add(1);
        special.Add(isSpecial ? 1 : 0);
        offsets.Add((start, end));
    }

    public void SetType(int type)
    {
        for (int i = 0; i < types.Count; i++) types[i] = type;
        foreach (var window in Overflowing) window.SetType(type);
    }

    EncodingBuilder Slice(int start, int end) => new(
        ids.GetRange(start, end - start), types.GetRange(start, end - start), attention.GetRange(start, end - start),
        special.GetRange(start, end - start), offsets.GetRange(start, end - start));

    EncodingBuilder CopyWithoutWindows() => Slice(0, Count);

    void Append(EncodingBuilder other)
    {
        ids.AddRange(other.ids);
        types.AddRange(other.types);
        attention.AddRange(other.attention);
        special.AddRange(other.special);
        offsets.AddRange(other.offsets);
    }

    /// <summary>Appends another encoding; windows of the two are combined, each with each.</summary>
    public void Merge(EncodingBuilder other)
    {
        var windows = new List<EncodingBuilder>();
        foreach (var mine in Overflowing)
        {
            windows.Add(Joined(mine, other));
            foreach (var theirs in other.Overflowing) windows.Add(Joined(mine, theirs));
        }
        foreach (var theirs in other.Overflowing) windows.Add(Joined(this, theirs));
        Append(other);
        Overflowing.Clear();
        Overflowing.AddRange(windows);
    }

    static EncodingBuilder Joined(EncodingBuilder first, EncodingBuilder second)
    {
        var joined = first.CopyWithoutWindows();
        joined.Append(second);
        return joined;
    }

    /// <summary>Keeps at most so many tokens; the rest becomes windows that overlap by <paramref name="stride"/>.</summary>
    public EncodingBuilder Truncated(int max, int stride, TextSide side, bool windows)
    {
        int n = Count;
        if (max >= n) return this;
        if (windows && max > 0 && (long)(n - max) / (max - stride) * max > MaxWindowTokens)
        {
            throw new TokenizerException("truncation", "stride", $"windows of {max} tokens that overlap by {stride} make more than {MaxWindowTokens} tokens of these {n}; take a smaller stride");
        }
        var ranges = new List<(int Start, int End)>();
        if (max == 0) ranges.Add((0, 0));
        else if (side == TextSide.Right)
        {
            for (int start = 0; ; start += max - stride)
            {
                int end = Math.Min(start + max, n);
                ranges.Add((start, end));
                if (end == n || !windows) break;
            }
        }
        else
        {
            for (int end = n; end > 0; end -= max - stride)
            {
                int start = Math.Max(0, end - max);
                ranges.Add((start, end));
                if (start == 0 || !windows) break;
            }
        }
        var result = Slice(ranges[0].Start, ranges[0].End);
        if (!windows) return result;
        if (max == 0) result.Overflowing.Add(CopyWithoutWindows());
        foreach (var (start, end) in ranges.Skip(1)) result.Overflowing.Add(Slice(start, end));
        return result;
    }

    public void Pad(Padding padding)
    {
        foreach (var window in Overflowing) window.Pad(padding);
        long target = Math.Max(padding.Length, padding.Length == 0 ? Count : 0);
        if (padding.MultipleOf > 1 && target % padding.MultipleOf != 0) target += padding.MultipleOf - target % padding.MultipleOf;
        if (target > MaxPadded) throw new TokenizerException("padding", "pad_to_multiple_of", $"padding to {target} tokens is more than {MaxPadded}");
        int missing = (int)target - Count;
        if (missing <= 0) return;
        int at = padding.Side == TextSide.Right ? Count : 0;
        ids.InsertRange(at, Enumerable.Repeat(padding.Id, missing));
        types.InsertRange(at, Enumerable.Repeat(padding.TypeId, missing));
        attention.InsertRange(at, Enumerable.Repeat(0, missing));
        special.InsertRange(at, Enumerable.Repeat(1, missing));
        offsets.InsertRange(at, Enumerable.Repeat((0, 0), missing));
    }

    public TokenEncoding Build(Func<int, string> tokenOf) => new()
    {
        Ids = ids,
        TypeIds = types,
        AttentionMask = attention,
        SpecialTokensMask = special,
        Offsets = offsets,
        Tokens = [.. ids.Select(tokenOf)],
        Overflowing = [.. Overflowing.Select(w => w.Build(tokenOf))],
    };
}
