namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>What stands beside a vocabulary: tokenizer_config.json, special_tokens_map.json and added_tokens.json, and a class's own defaults where they say nothing.</summary>
internal sealed class TokenizerSettings
{
    const int MaxId = 100_000_000;

    /// <summary>The tokens with a role, in the order in which transformers adds them.</summary>
    public static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    readonly JsonAt? config;
    readonly JsonAt? map;
    readonly JsonAt? added;
    readonly Dictionary<string, string> defaults = new(StringComparer.Ordinal);

    TokenizerSettings(JsonAt? config, JsonAt? map, JsonAt? added)
    {
        this.config = config;
        this.map = map;
        this.added = added;
    }

    /// <param name="config">tokenizer_config.json; may be empty.</param>
    /// <param name="map">special_tokens_map.json; may be empty.</param>
    /// <param name="added">added_tokens.json; may be empty.</param>
    /// <exception cref="TokenizerException">One is no JSON object.</exception>
    public static TokenizerSettings Read(ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> map, ReadOnlyMemory<byte> added = default) =>
        new(Root(config, "tokenizer_config.json"), Root(map, "special_tokens_map.json"), Root(added, "added_tokens.json"));

    static JsonAt? Root(ReadOnlyMemory<byte> json, string file)
    {
        if (json.IsEmpty) return null;
        using var document = JsonAt.Parse(json, file);
        var root = new JsonAt(document.RootElement.Clone(), file, "");
        return root.IsObject ? root : throw root.Error("must be a JSON object");
    }

    /// <summary>tokenizer_class without its "Fast"; null where nothing is said.</summary>
    public string? Class
    {
        get
        {
            string? name = config is { } c && !c["tokenizer_class"].IsNull ? c["tokenizer_class"].String() : null;
            return name is not null && name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name;
        }
    }

    /// <summary>White space before the mask belongs to it (RoBERTa).</summary>
    public bool MaskTakesSpace { get; set; }

    /// <summary>What a token is where no file says.</summary>
    public void Default(string key, string token) => defaults[key] = token;

    /// <summary>The token of a role; null where it has none.</summary>
    public string? Token(string key) => Place(key) is { } at ? Content(at) : defaults.GetValueOrDefault(key);

    /// <summary>Whether a flag is set.</summary>
    public bool Flag(string key, bool missing) => config is { } c ? c[key].Bool(missing) : missing;

    /// <summary>A flag that may be unset.</summary>
    public bool? Flag(string key) => config is { } c ? c[key].Bool() : null;

    /// <summary>A number.</summary>
    public int Whole(string key, int missing) => config is { } c ? c[key].Int(missing) : missing;

    /// <summary>What is wrong with a key.</summary>
    public TokenizerException Error(string key, string problem) => new("tokenizer_config.json", key, problem);

    // Where a key is there at all, null means that there is no such token, whatever the class has.
    JsonAt? Place(string key)
    {
        JsonAt? found = null;
        foreach (var at in (ReadOnlySpan<JsonAt?>)[config, map])
        {
            if (at is { } root && root.Has(key) && found is not { IsNull: false }) found = root[key];
        }
        return found;
    }

    // A token is a string, or an object with its content.
    static string? Content(JsonAt at) => at.IsNull ? null : at.IsObject ? at["content"].String() : at.String();

    /// <summary>The tokens that texts are searched for: those of the vocabulary's own file, of added_tokens_decoder, of added_tokens.json, and those with a role, which get new ids where the vocabulary lacks them.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="own">What the vocabulary's own file marks (SentencePiece's control and user-defined pieces).</param>
    /// <param name="additional">additional_special_tokens where the files list none.</param>
    /// <exception cref="TokenizerException">An id is negative or belongs to two tokens.</exception>
    public List<AddedToken> Added(Models.Vocabulary vocabulary, IReadOnlyList<AddedToken> own, IReadOnlyList<string> additional)
    {
        var list = new AddedTokenList(vocabulary);
        if (config is { } c && c["added_tokens_decoder"] is { IsObject: true } decoder)
        {
            foreach (var entry in decoder.Element.EnumerateObject())
            {
                var at = new JsonAt(entry.Value, "tokenizer_config.json", $"added_tokens_decoder['{Models.Vocabulary.Shorten(entry.Name)}']");
                list.Put(Described(at, Id(entry.Name, at), at["special"].Bool(false)), at.Path);
            }
        }
        foreach (var token in own.Where(t => !list.Has(t.Content))) list.Put(token, "pieces");
        var special = Specials(additional).ToList();
        if (added is { } legacy)
        {
            var names = special.Select(s => s.Content).ToHashSet(StringComparer.Ordinal);
            foreach (var entry in legacy.Element.EnumerateObject())
            {
                var at = new JsonAt(entry.Value, "added_tokens.json", $"'{Models.Vocabulary.Shorten(entry.Name)}'");
                bool isSpecial = names.Contains(entry.Name);
                if (!list.Has(entry.Name)) list.Put(new(InRange(at.Int(), at), entry.Name, isSpecial, !isSpecial), at.Path);
            }
        }
        foreach (var token in special) list.Mark(token);
        return list.Tokens;
    }

    IEnumerable<AddedToken> Specials(IReadOnlyList<string> additional)
    {
        foreach (string role in Roles)
        {
            if (Place(role) is { IsObject: true } at) yield return Described(at, -1, true);
            else if (Token(role) is { Length: > 0 } token) yield return new(-1, token, true, LeftStrip: MaskTakesSpace && role == "mask_token");
        }
        if (Place("additional_special_tokens") is not { IsNull: false } list)
        {
            foreach (string token in additional) yield return new(-1, token, true);
            yield break;
        }
        foreach (var item in list.Items()) yield return item.IsObject ? Described(item, -1, true) : new(-1, item.String(), true);
    }

    static AddedToken Described(JsonAt at, int id, bool special) => new(
        id, at["content"].String(), special, at["normalized"].Bool(!special), at["single_word"].Bool(false), at["lstrip"].Bool(false), at["rstrip"].Bool(false));

    static int Id(string text, JsonAt at) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id) ? InRange(id, at) : throw at.Error("the key is no token id");

    static int InRange(int id, JsonAt at) => id is >= 0 and <= MaxId ? id : throw at.Error($"{id} is no token id");
}

/// <summary>Added tokens in the making: one a text, one an id.</summary>
internal sealed class AddedTokenList(Models.Vocabulary vocabulary)
{
    readonly Dictionary<string, int> byContent = new(StringComparer.Ordinal);
    readonly Dictionary<int, string> byId = [];
    int next = vocabulary.Size;

    public List<AddedToken> Tokens { get; } = [];

    public bool Has(string content) => byContent.ContainsKey(content);

    /// <summary>Adds a token under its own id; of equal texts the first counts.</summary>
    public void Put(AddedToken token, string key)
    {
        if (token.Content.Length == 0 || !byContent.TryAdd(token.Content, Tokens.Count)) return;
        if (!byId.TryAdd(token.Id, token.Content)) throw new TokenizerException("tokenizer_config.json", key, $"id {token.Id} belongs to '{Models.Vocabulary.Shorten(byId[token.Id])}' already");
        next = Math.Max(next, token.Id + 1);
        Tokens.Add(token);
    }

    /// <summary>Makes a token special; where it is new it gets the vocabulary's id for it, or the next free one.</summary>
    public void Mark(AddedToken token)
    {
        if (byContent.TryGetValue(token.Content, out int at))
        {
            Tokens[at] = Tokens[at] with { Special = true };
            return;
        }
        int id = vocabulary.IdOf(token.Content);
        Put(token with { Id = id >= 0 ? id : next }, token.Content);
    }
}
