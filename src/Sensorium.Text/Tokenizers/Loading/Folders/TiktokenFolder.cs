namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>A tiktoken file in a model's folder, or by itself: its pattern and special tokens stand nowhere in it (transformers' TikTokenConverter; tiktoken's openai_public for its own names).</summary>
internal static class TiktokenFolder
{
    const string Gpt4 = @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";
    const string Gpt2 = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";
    const string Gpt4o = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    static readonly Dictionary<string, (string Pattern, (string Token, int Id)[] Special)> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["gpt2"] = (Gpt2, [("<|endoftext|>", 50256)]),
        ["r50k_base"] = (Gpt2, [("<|endoftext|>", 50256)]),
        ["p50k_base"] = (Gpt2, [("<|endoftext|>", 50256)]),
        ["multilingual"] = (Gpt2, [("<|endoftext|>", 50257)]),
        ["cl100k_base"] = (Gpt4, [("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259), ("<|fim_suffix|>", 100260), ("<|endofprompt|>", 100276)]),
        ["o200k_base"] = (Gpt4o, [("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)]),
    };

    /// <summary>The tokenizer of a file by its name; one that is not known splits as transformers' converter does, and has the special tokens that the settings name.</summary>
    public static TokenizerParts Build(ReadOnlySpan<byte> ranks, string file, TokenizerSettings settings)
    {
        bool known = Named.TryGetValue(Path.GetFileNameWithoutExtension(file), out var named);
        var parts = TiktokenFile.Read(ranks, file, known ? named.Pattern : Patterns.WordPattern.Llama3Regex, known ? named.Special.ToDictionary(s => s.Token, s => s.Id, StringComparer.Ordinal) : []);
        var tokens = new FolderTokens(parts.Model.Vocabulary, settings, parts.AddedTokens);
        if (known) settings.Default("eos_token", "<|endoftext|>");
        return tokens.Complete(parts);
    }
}
