using System.Text;
using Sensorium.Text.Tokenizers.Loading;

namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>The files of transformers' slow tokenizers as a GGUF vocabulary: a SentencePiece model, vocab.json with merges.txt, vocab.txt.</summary>
public static class VocabularyFromFiles
{
    // What the classes of such files split words by: GPT-2's and RoBERTa's, Qwen2's.
    static readonly string[] Patterns = ["gpt-2", "qwen2"];

    /// <summary>Makes the vocabulary.</summary>
    /// <param name="read">A file's bytes by its name; null where it is not there.</param>
    /// <param name="folder">The folder, for messages.</param>
    /// <param name="tokenizer">The same, read as its class makes it.</param>
    /// <param name="size">How many rows the embedding has; ids beyond the tokens become unused ones.</param>
    /// <param name="pre">A name for <c>tokenizer.ggml.pre</c> that is taken as told; null: the one that encodes alike.</param>
    /// <param name="remarks">Receives what the vocabulary cannot say.</param>
    /// <exception cref="TokenizerException">It is of a kind, or splits text in a way, that llama.cpp does not have.</exception>
    public static GgufVocabulary Make(Func<string, byte[]?> read, string folder, Tokenizer tokenizer, int size, string? pre, ICollection<string> remarks)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(remarks);
        if (tokenizer.IdLimit > size) throw new TokenizerException(folder, "", $"the tokenizer has ids up to {tokenizer.IdLimit - 1}, but the model's vocab_size is {size}; take both from the same download");
        return VocabularyFromHub.Complete(Vocabulary(read, folder, tokenizer, size, pre, remarks), tokenizer, folder, remarks);
    }

    static GgufVocabulary Vocabulary(Func<string, byte[]?> read, string folder, Tokenizer tokenizer, int size, string? pre, ICollection<string> remarks)
    {
        foreach (string file in (string[])["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"])
        {
            if (read(file) is not { } model) continue;
            if (TiktokenFile.Matches(model)) throw new TokenizerException(folder, file, "is a tiktoken vocabulary, which is not converted; a tokenizer.json beside it is");
            var proto = SentencePieceProto.Read(model, Path.Combine(folder, file));
            return ScoredVocabulary.OfSentencePiece(proto, tokenizer, VocabularyFromHub.Base(tokenizer, size, proto.ModelType == SentencePieceProto.Unigram ? "t5" : "llama"));
        }
        return read("merges.txt") is { } merges
            ? ByteLevel(merges, folder, tokenizer, size, pre)
            : VocabularyFromHub.WordPiece("##", tokenizer.EncodeIds("THE", false).AsSpan().SequenceEqual(tokenizer.EncodeIds("the", false)), tokenizer, size, remarks);
    }

    static GgufVocabulary ByteLevel(byte[] merges, string folder, Tokenizer tokenizer, int size, string? pre)
    {
        var vocabulary = VocabularyFromHub.Base(tokenizer, size, "gpt2") with
        {
            Merges = [.. Encoding.UTF8.GetString(merges).Split('\n').Select(line => line.TrimEnd('\r', ' ', '\t')).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal)))],
        };
        if (pre is not null && GgufPatterns.For(pre) is null) throw new TokenizerException(folder, "tokenizer.ggml.pre", $"--pre {pre} is no pre-tokenizer that llama.cpp knows");
        string? name = pre ?? Array.Find(Patterns, known => VocabularyFromHub.Difference(tokenizer, vocabulary with { Pre = known }, folder) is null);
        return vocabulary with { Pre = name ?? throw new TokenizerException(folder, "tokenizer.ggml.pre", $"texts are split as neither {string.Join(" nor ", Patterns)} does it; give the name of one that is near with --pre") };
    }
}
