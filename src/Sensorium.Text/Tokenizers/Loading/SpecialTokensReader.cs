namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Which tokens steer the model, from tokenizer_config.json and special_tokens_map.json.</summary>
internal static class SpecialTokensReader
{
    // Ends of turns and messages that checkpoints use beside their end-of-text token (llama.cpp's list of end-of-generation tokens).
    static readonly string[] EndTokens =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "<EOT>", "_<EOT>", "<|end_of_turn|>", "<turn|>",
        "<|return|>", "<|call|>", "<|calls|>", "</s>", "<eos>", "<|endofprompt|>",
    ];

    public static TokenizerParts Complete(TokenizerParts parts, Func<string, int> idOf, ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> map)
    {
        using var configDocument = config.IsEmpty ? null : JsonAt.Parse(config, "tokenizer_config.json");
        using var mapDocument = map.IsEmpty ? null : JsonAt.Parse(map, "special_tokens_map.json");
        JsonAt? configRoot = configDocument is null ? null : new JsonAt(configDocument.RootElement, "tokenizer_config.json", "");
        JsonAt? mapRoot = mapDocument is null ? null : new JsonAt(mapDocument.RootElement, "special_tokens_map.json", "");
        if (configRoot is { IsObject: false }) throw configRoot.Value.Error("must be a JSON object");
        if (mapRoot is { IsObject: false }) throw mapRoot.Value.Error("must be a JSON object");

        int? Named(string key)
        {
            string? token = Content(configRoot, key) ?? Content(mapRoot, key);
            if (token is null) return null;
            int id = idOf(token);
            return id < 0 ? null : id;
        }

        int? eos = Named("eos_token");
        int? unknown = Named("unk_token") ?? (parts.Model.UnknownId < 0 ? null : parts.Model.UnknownId);
        var added = AddSpecial(parts.AddedTokens, configRoot, mapRoot, idOf);
        return parts with
        {
            AddedTokens = added,
            CleanUp = configRoot is { } c && c["clean_up_tokenization_spaces"].Bool(false),
            Special = new()
            {
                Bos = Named("bos_token"),
                Eos = eos,
                Unknown = unknown,
                Pad = Named("pad_token"),
                Separator = Named("sep_token"),
                Classification = Named("cls_token"),
                Mask = Named("mask_token"),
                EndOfGeneration = Ends(eos, idOf, added),
            },
        };
    }

    /// <summary>The end-of-text id and every known end-of-turn token that is a special token of the vocabulary.</summary>
    public static HashSet<int> Ends(int? eos, Func<string, int> idOf, IReadOnlyList<AddedToken> added)
    {
        var ends = new HashSet<int>();
        if (eos is { } id) ends.Add(id);
        var special = added.Where(a => a.Special).Select(a => a.Id).ToHashSet();
        foreach (string token in EndTokens)
        {
            int end = idOf(token);
            if (end >= 0 && special.Contains(end)) ends.Add(end);
        }
        return ends;
    }

    // A token is a string, or an object with its content.
    static string? Content(JsonAt? root, string key)
    {
        if (root is not { } at) return null;
        var value = at[key];
        if (value.IsNull) return null;
        return value.IsObject ? value["content"].String() : value.String();
    }

    // Tokens that only tokenizer_config.json or the map call special count as special as well.
    static List<AddedToken> AddSpecial(IReadOnlyList<AddedToken> added, JsonAt? config, JsonAt? map, Func<string, int> idOf)
    {
        var list = added.ToList();
        var index = new Dictionary<int, int>();
        for (int i = 0; i < list.Count; i++) index[list[i].Id] = i;
        foreach (string key in (string[])["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"])
        {
            if ((Content(config, key) ?? Content(map, key)) is not { } token) continue;
            int id = idOf(token);
            if (id < 0) continue;
            if (index.TryGetValue(id, out int at)) list[at] = list[at] with { Special = true };
            else
            {
                index[id] = list.Count;
                list.Add(new(id, token, true));
            }
        }
        return list;
    }
}
