namespace Sensorium.Text.Tokenizers;

/// <summary>A GGUF file's tokenizer metadata (tokenizer.ggml.*) as plain data; what a file does not state is null or empty.</summary>
public sealed record GgufVocabulary
{
    /// <summary>tokenizer.ggml.model: gpt2 (byte-level BPE), llama (SentencePiece BPE), bert (WordPiece), t5 (Unigram).</summary>
    public required string Model { get; init; }

    /// <summary>tokenizer.ggml.pre: how BPE splits its text (llama-bpe, smollm, qwen2, gpt-2 …).</summary>
    public string? Pre { get; init; }

    /// <summary>tokenizer.ggml.tokens.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>tokenizer.ggml.scores, one a token.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>tokenizer.ggml.token_type, one a token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary>tokenizer.ggml.merges: two tokens with a space between them, in the order of their ranks.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>tokenizer.ggml.bos_token_id.</summary>
    public int? BosId { get; init; }

    /// <summary>tokenizer.ggml.eos_token_id.</summary>
    public int? EosId { get; init; }

    /// <summary>tokenizer.ggml.unknown_token_id.</summary>
    public int? UnknownId { get; init; }

    /// <summary>tokenizer.ggml.padding_token_id.</summary>
    public int? PadId { get; init; }

    /// <summary>tokenizer.ggml.seperator_token_id (so spelt in the format).</summary>
    public int? SeparatorId { get; init; }

    /// <summary>tokenizer.ggml.cls_token_id.</summary>
    public int? ClassificationId { get; init; }

    /// <summary>tokenizer.ggml.mask_token_id.</summary>
    public int? MaskId { get; init; }

    /// <summary>tokenizer.ggml.eot_token_id: end of turn.</summary>
    public int? EotId { get; init; }

    /// <summary>tokenizer.ggml.eom_token_id: end of message.</summary>
    public int? EomId { get; init; }

    /// <summary>tokenizer.ggml.add_bos_token.</summary>
    public bool? AddBos { get; init; }

    /// <summary>tokenizer.ggml.add_eos_token.</summary>
    public bool? AddEos { get; init; }

    /// <summary>tokenizer.ggml.add_space_prefix.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>tokenizer.ggml.remove_extra_whitespaces.</summary>
    public bool? RemoveExtraWhitespaces { get; init; }

    /// <summary>tokenizer.ggml.precompiled_charsmap.</summary>
    public ReadOnlyMemory<byte> PrecompiledCharsMap { get; init; }
}
