namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>How a GGUF file's <c>tokenizer.ggml.pre</c> splits text: regular expressions applied one after the other (llama.cpp's llama-vocab.cpp lists them; spelt here as the checkpoints' own tokenizer.json have them).</summary>
internal static class GgufPatterns
{
    const string Gpt2 = Patterns.WordPattern.Gpt2Regex;
    const string Llama3 = Patterns.WordPattern.Llama3Regex;
    const string Qwen2 = Patterns.WordPattern.Qwen2Regex;
    const string Digit = @"\p{N}";
    const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    const string Capital = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    const string Contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    const string Tail = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string Gpt4o = $"{Cased}{Contraction}?|{Capital}{Contraction}?|\\p{{N}}{{1,3}}|{Tail}";
    const string DeepSeek = """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""";

    /// <summary>The expressions of a name, and whether a pre-token that is a token is taken whole; null when the name is unknown.</summary>
    public static (string[] Regexes, bool IgnoreMerges, bool AddBos)? For(string? pre) => pre switch
    {
        "llama3" or "llama-v3" or "llama-bpe" or "falcon3" or "falcon-h1" or "pixtral" or "midm-2.0" or "lfm2" or "jina-v5-nano" => ([Llama3], true, true),
        "dbrx" or "smaug-bpe" or "glm4" or "chatglm-bpe" => ([Llama3], false, false),
        "gpt-2" or "phi-2" or "jina-es" or "jina-de" or "gigachat" or "jina-v2-es" or "jina-v2-de" or "a.x-4.0" or "mellum" or "modern-bert" or "mpt" or "olmo" or "jais"
            or "trillion" or "granite-docling" or "exaone4" or "jina-v1-en" or "jina-v2-code" or "roberta-bpe" => ([Gpt2], false, false),
        "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" or "exaone" or "minerva-7b" or "mellum2" => ([Digit, Gpt2], false, false),
        "qwen2" or "deepseek-r1-qwen" or "kormo" or "f2llmv2" or "stablelm2" or "hunyuan" or "solar-open" or "megrez" or "grok-2" => ([Qwen2], false, false),
        "qwen35" => ([Contraction + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"], false, false),
        "gpt-4o" or "llama4" or "kanana2" or "minimax-m2" => ([Gpt4o], false, false),
        "tekken" => ([$"{Cased}|{Capital}|\\p{{N}}|{Tail}"], true, true),
        "deepseek-v3" or "hunyuan-dense" or "joyai-llm" => ([@"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DeepSeek], false, false),
        "deepseek-coder" => ([@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", Digit], false, false),
        "falcon" => ([@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"], false, false),
        "bloom" or "gpt3-finnish" or "poro-chat" => ([@" ?[^(\s|.,!?…。，、।۔،)]+"], false, false),
        "viking" => ([@" ?[^(\s|.,!?…。，、।۔،)]+", Digit], false, false),
        "seed-coder" => ([Contraction + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"], false, false),
        "bailingmoe" or "bailingmoe2" or "llada-moe" => ([@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"], false, false),
        null or "" or "default" => ([@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"], false, false),
        _ => null,
    };
}
