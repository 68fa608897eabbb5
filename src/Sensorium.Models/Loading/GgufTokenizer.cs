using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Takes a GGUF file's vocabulary out of its metadata.</summary>
public static class GgufTokenizer
{
    const string Prefix = "tokenizer.ggml.";

    /// <summary>The tokenizer that it makes; null where the file has no vocabulary.</summary>
    /// <exception cref="TokenizerException">It is broken.</exception>
    public static Tokenizer? Read(GgufMetadata metadata) => ReadVocabulary(metadata) is { } vocabulary ? Tokenizer.FromGguf(vocabulary, metadata.Path) : null;

    /// <summary>The vocabulary as it stands there; null where the file has none.</summary>
    public static GgufVocabulary? ReadVocabulary(GgufMetadata metadata) =>
        metadata.String(Prefix + "model") is { } model && metadata.TryGet(Prefix + "tokens", out GgufValue? tokens) ? Vocabulary(metadata, model, tokens) : null;

    static GgufVocabulary Vocabulary(GgufMetadata metadata, string model, GgufValue tokens) => new()
    {
        Model = model,
        Pre = metadata.String(Prefix + "pre"),
        Tokens = Texts(tokens),
        Scores = metadata.TryGet(Prefix + "scores", out GgufValue? scores) ? scores.AsFloats() : null,
        TokenTypes = metadata.TryGet(Prefix + "token_type", out GgufValue? types) ? types.AsIntegers() : null,
        Merges = metadata.TryGet(Prefix + "merges", out GgufValue? merges) ? Texts(merges) : null,
        BosId = Id(metadata, "bos_token_id"),
        EosId = Id(metadata, "eos_token_id"),
        UnknownId = Id(metadata, "unknown_token_id"),
        PadId = Id(metadata, "padding_token_id"),
        SeparatorId = Id(metadata, "seperator_token_id"),
        ClassificationId = Id(metadata, "cls_token_id"),
        MaskId = Id(metadata, "mask_token_id"),
        EotId = Id(metadata, "eot_token_id"),
        EomId = Id(metadata, "eom_token_id"),
        AddBos = metadata.Flag(Prefix + "add_bos_token"),
        AddEos = metadata.Flag(Prefix + "add_eos_token"),
        AddSpacePrefix = metadata.Flag(Prefix + "add_space_prefix"),
        RemoveExtraWhitespaces = metadata.Flag(Prefix + "remove_extra_whitespaces"),
        PrecompiledCharsMap = metadata.TryGet(Prefix + "precompiled_charsmap", out GgufValue? map) ? Array.ConvertAll(map.AsIntegers(), n => (byte)n) : default,
    };

    static TextList Texts(GgufValue value)
    {
        byte[] bytes = value.CopyUtf8(out int[] ends);
        return new TextList(bytes, ends);
    }

    static int? Id(GgufMetadata metadata, string key) => metadata.Integer(Prefix + key) is { } id and >= 0 and <= int.MaxValue ? (int)id : null;
}
