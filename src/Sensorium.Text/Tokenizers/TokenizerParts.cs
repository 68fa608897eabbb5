using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.PostProcessors;
using Sensorium.Text.Tokenizers.PreTokenizers;

namespace Sensorium.Text.Tokenizers;

/// <summary>The steps of a tokenizer, as a loader puts them together.</summary>
internal sealed record TokenizerParts
{
    public required string File { get; init; }

    public required TokenizerModel Model { get; init; }

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    public Decoder? Decoder { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Added tokens are looked for in texts; off where the format never does so (SentencePiece).</summary>
    public bool FindAddedTokens { get; init; } = true;

    /// <summary>Of added tokens that overlap the longest counts, wherever it begins (llama.cpp); else the leftmost, and of these the longest (tokenizers).</summary>
    public bool LongestTokensFirst { get; init; }

    public SpecialTokens Special { get; init; } = new();

    /// <summary>Tidy decoded text (clean_up_tokenization_spaces).</summary>
    public bool CleanUp { get; init; }

    public Truncation? Truncation { get; init; }

    public Padding? Padding { get; init; }

    /// <summary>Words are looked up in a cache; off where a model works on whole texts anyway.</summary>
    public bool CacheWords { get; init; } = true;
}
