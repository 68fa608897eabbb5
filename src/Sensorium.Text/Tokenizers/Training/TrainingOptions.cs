using Sensorium.Text.Tokenizers.Patterns;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>The kinds of vocabulary that can be learnt.</summary>
public enum TrainableModel
{
    /// <summary>Byte-pair encoding.</summary>
    Bpe,

    /// <summary>WordPiece, learnt as BPE with a mark on pieces that do not begin a word.</summary>
    WordPiece,
}

/// <summary>Whose rule cuts text into words before it is spelt in bytes.</summary>
public enum SplitRule
{
    /// <summary>GPT-2's.</summary>
    Gpt2,

    /// <summary>Llama 3's: contractions in any case, numbers by threes, line ends on their own.</summary>
    Llama3,

    /// <summary>Qwen2's: as Llama 3's, each digit on its own.</summary>
    Qwen2,
}

/// <summary>What to learn and from what pieces.</summary>
public sealed record TrainingOptions
{
    /// <summary>The kind of vocabulary.</summary>
    public TrainableModel Model { get; init; }

    /// <summary>At most so many tokens.</summary>
    public int VocabularySize { get; init; } = 30_000;

    /// <summary>Pairs that are rarer are not merged.</summary>
    public long MinFrequency { get; init; }

    /// <summary>They get the first ids.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Token for what the vocabulary does not have; one of the special tokens.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Characters that are tokens whether the corpus has them or not.</summary>
    public IReadOnlyCollection<int> InitialAlphabet { get; init; } = [];

    /// <summary>Only so many characters are kept, the most frequent ones.</summary>
    public int? LimitAlphabet { get; init; }

    /// <summary>Longest piece that merging goes on from, in characters.</summary>
    public int? MaxTokenLength { get; init; }

    /// <summary>So many different words are counted at most; beyond that the rarest are forgotten, and the vocabulary may differ from one learnt in unbounded memory.</summary>
    public int MaxWords { get; init; } = 8_000_000;

    /// <summary>Mark before pieces that do not begin a word.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>Mark after pieces that end a word.</summary>
    public string EndOfWordSuffix { get; init; } = "";

    /// <summary>The normalizer, as tokenizer.json spells it; null for none.</summary>
    public string? NormalizerJson { get; init; }

    /// <summary>The pre-tokenizer, as tokenizer.json spells it; null for none.</summary>
    public string? PreTokenizerJson { get; init; }

    /// <summary>The post-processor, as tokenizer.json spells it; null for none.</summary>
    public string? PostProcessorJson { get; init; }

    /// <summary>The decoder, as tokenizer.json spells it; null for none.</summary>
    public string? DecoderJson { get; init; }

    /// <summary>The 256 characters that stand for bytes.</summary>
    public static IReadOnlyCollection<int> ByteAlphabet { get; } = [.. Enumerable.Range(0, 256).Select(b => PreTokenizers.ByteAlphabet.ToChar((byte)b))];

    /// <summary>Byte-level BPE as GPT-2 has it.</summary>
    public static TrainingOptions ByteLevelBpe(int vocabularySize, long minFrequency = 2, bool addPrefixSpace = false) => new()
    {
        VocabularySize = vocabularySize,
        MinFrequency = minFrequency,
        SpecialTokens = ["<|endoftext|>"],
        InitialAlphabet = ByteAlphabet,
        PreTokenizerJson = $$"""{"type":"ByteLevel","add_prefix_space":{{(addPrefixSpace ? "true" : "false")}},"trim_offsets":true,"use_regex":true}""",
        PostProcessorJson = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}""",
        DecoderJson = """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""",
    };

    /// <summary>The same with another rule for words, before the bytes.</summary>
    public TrainingOptions WithSplit(SplitRule rule, bool addPrefixSpace = false)
    {
        string regex = rule switch { SplitRule.Llama3 => WordPattern.Llama3Regex, SplitRule.Qwen2 => WordPattern.Qwen2Regex, _ => WordPattern.Gpt2Regex };
        string spelt = System.Text.Json.JsonEncodedText.Encode(regex, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        return this with
        {
            PreTokenizerJson = $$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"{{spelt}}"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":{{(addPrefixSpace ? "true" : "false")}},"trim_offsets":true,"use_regex":false}]}""",
        };
    }

    /// <summary>WordPiece as BERT has it.</summary>
    public static TrainingOptions BertWordPiece(int vocabularySize, long minFrequency = 2, bool lowercase = true) => new()
    {
        Model = TrainableModel.WordPiece,
        VocabularySize = vocabularySize,
        MinFrequency = minFrequency,
        SpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        UnknownToken = "[UNK]",
        ContinuingPrefix = "##",
        NormalizerJson = $$"""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":{{(lowercase ? "true" : "false")}}}""",
        PreTokenizerJson = """{"type":"BertPreTokenizer"}""",
        PostProcessorJson = """
            {"type":"TemplateProcessing",
             "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
             "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
             "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}
            """,
        DecoderJson = """{"type":"WordPiece","prefix":"##","cleanup":true}""",
    };
}
