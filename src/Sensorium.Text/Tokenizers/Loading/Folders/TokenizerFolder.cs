namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>
/// Finds out which tokenizer a model's folder holds: tokenizer.json, or the files of transformers' slow tokenizers, which become what its
/// convert_slow_tokenizer makes of them. The class in tokenizer_config.json decides, else the model's type, else the files.
/// </summary>
internal static class TokenizerFolder
{
    /// <summary>The files that hold a vocabulary, in the order in which they are looked for.</summary>
    public static readonly string[] Vocabularies = ["tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt"];

    // What AutoTokenizer takes for a config.json's model_type where no class is named.
    static readonly Dictionary<string, string> ClassOfModel = new(StringComparer.Ordinal)
    {
        ["llama"] = "LlamaTokenizer", ["mistral"] = "LlamaTokenizer", ["mixtral"] = "LlamaTokenizer", ["phi3"] = "LlamaTokenizer", ["llava"] = "LlamaTokenizer",
        ["t5"] = "T5Tokenizer", ["mt5"] = "T5Tokenizer", ["gemma"] = "GemmaTokenizer", ["gemma2"] = "GemmaTokenizer", ["gemma3_text"] = "GemmaTokenizer", ["gemma3"] = "GemmaTokenizer",
        ["siglip"] = "SiglipTokenizer", ["xlm-roberta"] = "XLMRobertaTokenizer",
        ["gpt2"] = "GPT2Tokenizer", ["olmo"] = "GPT2Tokenizer", ["olmo2"] = "GPT2Tokenizer", ["roberta"] = "RobertaTokenizer", ["bart"] = "RobertaTokenizer", ["clip"] = "CLIPTokenizer",
        ["qwen2"] = "Qwen2Tokenizer", ["qwen3"] = "Qwen2Tokenizer", ["qwen2_vl"] = "Qwen2Tokenizer", ["qwen2_moe"] = "Qwen2Tokenizer", ["qwen3_moe"] = "Qwen2Tokenizer",
        ["bert"] = "BertTokenizer", ["distilbert"] = "DistilBertTokenizer", ["electra"] = "ElectraTokenizer", ["mpnet"] = "MPNetTokenizer",
    };

    /// <param name="read">A file's bytes by its name; null where it is not there.</param>
    /// <param name="folder">The folder, for messages.</param>
    /// <param name="modelType">config.json's model_type; null where there is none.</param>
    /// <returns>Null where none of the files is there.</returns>
    public static TokenizerParts? Read(Func<string, byte[]?> read, string folder, string? modelType)
    {
        byte[] Get(string name) => read(name) ?? [];
        if (read("tokenizer.json") is { } json) return TokenizerJson.Read(json, Path.Combine(folder, "tokenizer.json"), Get("tokenizer_config.json"), Get("special_tokens_map.json"));
        var settings = TokenizerSettings.Read(Get("tokenizer_config.json"), Get("special_tokens_map.json"), Get("added_tokens.json"));
        string? name = settings.Class is null or "PreTrainedTokenizer" or "AutoTokenizer" ? ClassOfModel.GetValueOrDefault(modelType ?? "") : settings.Class;
        foreach (string file in (string[])["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"])
        {
            if (read(file) is not { } model) continue;
            string path = Path.Combine(folder, file);
            return TiktokenFile.Matches(model) ? TiktokenFolder.Build(model, path, settings) : SentencePieceFolder.Build(model, path, name, settings);
        }
        if (read("vocab.json") is { } vocabulary)
        {
            ByteLevelFolder.Demand(folder, name);
            var merges = read("merges.txt") ?? throw new TokenizerException(folder, "", "has vocab.json but no merges.txt beside it; a byte-level BPE needs both");
            return ByteLevelFolder.Build(vocabulary, merges, folder, name, settings);
        }
        return read("vocab.txt") is { } words ? BertFolder.Build(words, Path.Combine(folder, "vocab.txt"), name, settings) : null;
    }

    /// <summary>A single file, told by what is in it.</summary>
    public static TokenizerParts ReadFile(ReadOnlyMemory<byte> data, string file)
    {
        var settings = TokenizerSettings.Read(default, default);
        var span = data.Span;
        if (span.TrimStart("\uFEFF \t\r\n"u8).StartsWith("{"u8)) return TokenizerJson.Read(data, file, default, default);
        if (TiktokenFile.Matches(span)) return TiktokenFolder.Build(span, file, settings);
        if (file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)) return BertFolder.Build(span, file, null, settings);
        // A SentencePiece model begins with its first piece: field 1 of the message.
        if (!span.StartsWith("\n"u8)) throw new TokenizerException(file, "", "is no tokenizer's file; these are tokenizer.json, SentencePiece's .model, tiktoken's .tiktoken and vocab.txt, none of them compressed");
        return SentencePieceFolder.Build(span, file, null, settings);
    }

    /// <summary>What is wrong where a class is not known.</summary>
    public static TokenizerException Unknown(string folder, string name, IEnumerable<string> known) =>
        new(folder, "tokenizer_class", $"'{name}' is not supported; {string.Join(", ", known)} are. A tokenizer.json beside it would do: save it with transformers' save_pretrained");
}
