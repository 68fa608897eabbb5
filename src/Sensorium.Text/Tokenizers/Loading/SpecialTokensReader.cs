namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Which tokens steer the model, from tokenizer_config.json and special_tokens_map.json.</summary>
internal static class SpecialTokensReader
{
    // Ends of turns and messages that checkpoints use beside their end-of-text token (llama.cpp's list of end-of-generation tokens).
    static readonly string[] EndTokens =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "<EOT>", "_<EOT>", "<|end_of_turn|>", "<turn|>",
        "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "</s>", "<eos>", "<|endofprompt|>", "[EOT]", "[EOS]", "<end_of_utterance>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
    ];

    /// <summary>Finds a token's id, the added ones' before the vocabulary's; -1 where it is in neither.</summary>
    public static Func<string, int> Finder(IReadOnlyList<AddedToken> added, Models.Vocabulary vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in added) ids.TryAdd(token.Content, token.Id);
        return token => ids.TryGetValue(token, out int id) ? id : vocabulary.IdOf(token);
    }

    /// <summary>A tokenizer.json's parts with what stands beside it.</summary>
    public static TokenizerParts Complete(TokenizerParts parts, Func<string, int> idOf, TokenizerSettings settings) =>
        WithRoles(parts with { AddedTokens = AddSpecial(parts.AddedTokens, settings, idOf) }, idOf, settings);

    /// <summary>The same parts with the ids that have a role.</summary>
    public static TokenizerParts WithRoles(TokenizerParts parts, Func<string, int> idOf, TokenizerSettings settings)
    {
        int? Named(string key) => settings.Token(key) is { } token && idOf(token) is >= 0 and var id ? id : null;

        int? eos = Named("eos_token");
        return parts with
        {
            CleanUp = settings.Flag("clean_up_tokenization_spaces", false),
            Special = new()
            {
                Bos = Named("bos_token"),
                Eos = eos,
                Unknown = Named("unk_token") ?? (parts.Model.UnknownId < 0 ? null : parts.Model.UnknownId),
                Pad = Named("pad_token"),
                Separator = Named("sep_token"),
                Classification = Named("cls_token"),
                Mask = Named("mask_token"),
                EndOfGeneration = Ends(eos, idOf, parts.AddedTokens),
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

    // Tokens that only tokenizer_config.json or the map call special count as special as well.
    static List<AddedToken> AddSpecial(IReadOnlyList<AddedToken> added, TokenizerSettings settings, Func<string, int> idOf)
    {
        var list = added.ToList();
        var index = new Dictionary<int, int>();
        for (int i = 0; i < list.Count; i++) index[list[i].Id] = i;
        foreach (string key in TokenizerSettings.Roles)
        {
            if (settings.Token(key) is not { } token) continue;
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
