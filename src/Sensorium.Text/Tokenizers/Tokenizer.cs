using System.Runtime.InteropServices;
using Sensorium.Text.Tokenizers.Decoders;
using Sensorium.Text.Tokenizers.Loading;
using Sensorium.Text.Tokenizers.Loading.Folders;
using Sensorium.Text.Tokenizers.Models;
using Sensorium.Text.Tokenizers.Normalizers;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers;

/// <summary>
/// Text to token ids and back: added tokens, normalizer, pre-tokenizer, model, post-processor, decoder, in the shape of Hugging Face's tokenizers.
/// Immutable; any number of threads may use one at once. Encoding takes time linear in the text.
/// </summary>
public sealed class Tokenizer
{
    readonly TokenizerParts parts;
    readonly AddedVocabulary added;
    ModelScratch? scratch;

    internal Tokenizer(TokenizerParts parts)
    {
        this.parts = parts;
        added = new(parts.AddedTokens, parts.Normalizer, parts.FindAddedTokens, parts.LongestTokensFirst, parts.File);
        int max = parts.Model.Vocabulary.Size - 1;
        int extra = 0;
        foreach (var token in added.Tokens.Values)
        {
            if (token.Id > max) max = token.Id;
            if (parts.Model.Vocabulary.TokenOf(token.Id) is null) extra++;
        }
        IdLimit = max + 1;
        VocabularySize = parts.Model.Vocabulary.Count + extra;
    }

    /// <summary>Reads a tokenizer.json, with what tokenizer_config.json and special_tokens_map.json say about special tokens.</summary>
    /// <param name="json">tokenizer.json.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="config">tokenizer_config.json; may be empty.</param>
    /// <param name="specialTokensMap">special_tokens_map.json; may be empty.</param>
    /// <exception cref="TokenizerException">A file is malformed or asks for what is not known.</exception>
    public static Tokenizer FromJson(ReadOnlyMemory<byte> json, string fileName, ReadOnlyMemory<byte> config = default, ReadOnlyMemory<byte> specialTokensMap = default) =>
        new(TokenizerJson.Read(json, fileName, config, specialTokensMap));

    /// <summary>Builds the tokenizer of a GGUF file's vocabulary.</summary>
    /// <param name="vocabulary">The metadata tokenizer.ggml.* as plain data.</param>
    /// <param name="fileName">The file's name, for messages.</param>
    /// <exception cref="TokenizerException">The vocabulary contradicts itself or is of an unknown kind.</exception>
    public static Tokenizer FromGguf(GgufVocabulary vocabulary, string fileName) => new(GgufTokenizer.Build(vocabulary, fileName));

    /// <summary>Reads a SentencePiece model (unigram, BPE, word or char).</summary>
    /// <param name="model">The .model file.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="addBos">Encoding with special tokens puts the begin-of-text piece first; the file itself does not say so.</param>
    /// <param name="addEos">Encoding with special tokens puts the end-of-text piece last.</param>
    /// <param name="parseControlPieces">Control pieces that stand in a text are found there; SentencePiece itself never does so, chat prompts need it.</param>
    /// <exception cref="TokenizerException">The file is malformed.</exception>
    public static Tokenizer FromSentencePiece(ReadOnlySpan<byte> model, string fileName, bool addBos = false, bool addEos = false, bool parseControlPieces = false) =>
        new(SentencePieceModelFile.Read(model, fileName, addBos, addEos, parseControlPieces));

    /// <summary>Reads a tiktoken vocabulary.</summary>
    /// <param name="ranks">The .tiktoken file.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="pattern">The regular expression that splits texts.</param>
    /// <param name="specialTokens">Special tokens and their ids.</param>
    /// <exception cref="TokenizerException">The file or the pattern is malformed.</exception>
    public static Tokenizer FromTiktoken(ReadOnlySpan<byte> ranks, string fileName, string pattern, IReadOnlyDictionary<string, int> specialTokens) =>
        new(TiktokenFile.Read(ranks, fileName, pattern, specialTokens));

    /// <summary>The files of a model's folder that may hold a vocabulary, in the order in which they are looked for.</summary>
    public static IReadOnlyList<string> VocabularyFiles => TokenizerFolder.Vocabularies;

    /// <summary>
    /// Reads the tokenizer of a model's folder: tokenizer.json, or what transformers' slow tokenizers leave there (a SentencePiece model, a tiktoken
    /// file, vocab.json and merges.txt, vocab.txt), which then becomes what transformers' fast tokenizers make of it.
    /// </summary>
    /// <param name="read">A file's bytes by its name; null where it is not there.</param>
    /// <param name="folder">The folder, for messages.</param>
    /// <param name="modelType">config.json's model_type, which names the tokenizer where tokenizer_config.json does not; null where there is none.</param>
    /// <returns>Null where none of <see cref="VocabularyFiles"/> is there.</returns>
    /// <exception cref="TokenizerException">A file is malformed, or the tokenizer's class is not supported.</exception>
    public static Tokenizer? FromFolder(Func<string, byte[]?> read, string folder, string? modelType = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        return TokenizerFolder.Read(read, folder, modelType) is { } parts ? new(parts) : null;
    }

    /// <summary>Reads a single file: a tokenizer.json, a SentencePiece model, a tiktoken file or a vocab.txt, told apart by what is in it.</summary>
    /// <param name="data">The file.</param>
    /// <param name="fileName">Its name, for messages; a tiktoken file's pattern and special tokens are known by it.</param>
    /// <exception cref="TokenizerException">It is malformed, or nothing that is known.</exception>
    public static Tokenizer FromFile(ReadOnlyMemory<byte> data, string fileName) => new(TokenizerFolder.ReadFile(data, fileName));

    /// <summary>Number of distinct tokens.</summary>
    public int VocabularySize { get; }

    /// <summary>One past the highest id.</summary>
    public int IdLimit { get; }

    /// <summary>The special ids.</summary>
    public SpecialTokens Special => parts.Special;

    /// <summary>The added tokens by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> AddedTokens => added.Tokens;

    /// <summary>The truncation that stands in the file; used only where a caller passes it on.</summary>
    public Truncation? StoredTruncation => parts.Truncation;

    /// <summary>The padding that stands in the file; used only where a caller passes it on.</summary>
    public Padding? StoredPadding => parts.Padding;

    /// <summary>The id of a token; null when there is none.</summary>
    public int? IdOf(string token)
    {
        int id = added.IdOf(token);
        if (id < 0) id = parts.Model.Vocabulary.IdOf(token);
        return id < 0 ? null : id;
    }

    /// <summary>The token of an id, as the vocabulary spells it; null when there is none.</summary>
    public string? TokenOf(int id) => added.Find(id)?.Content ?? parts.Model.Vocabulary.TokenOf(id);

    /// <summary>Whether an id is a special token's.</summary>
    public bool IsSpecial(int id) => added.IsSpecial(id);

    /// <summary>Token ids of a text.</summary>
    /// <param name="text">The text; lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Add what the model expects around a text (begin of text, [CLS] …).</param>
    /// <param name="parseSpecialTokens">Special tokens that stand in the text become their ids; else they are ordinary text.</param>
    public int[] EncodeIds(string text, bool addSpecialTokens = true, bool parseSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 8);
        Run(text, parseSpecialTokens, (_, buffer) => ids.AddRange(CollectionsMarshal.AsSpan(buffer.Ids)), id => ids.Add(id));
        if (!addSpecialTokens || parts.PostProcessor is null) return [.. ids];
        var part = new EncodingBuilder();
        foreach (int id in ids) part.Add(id, 0, 0);
        return [.. Join(parts.PostProcessor.Apply([part], true, Spelling)).Ids];
    }

    /// <summary>A text's encoding with offsets, masks and windows.</summary>
    /// <exception cref="TokenizerException">The options ask for what cannot be (a stride as long as the window, too short a text to cut).</exception>
    public TokenEncoding Encode(string text, EncodeOptions? options = null) => Encode(text, null, options);

    /// <summary>The encoding of a pair of texts.</summary>
    public TokenEncoding Encode(string text, string? pair, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= EncodeOptions.Default;
        var sequences = new List<EncodingBuilder> { Part(text, 0, options) };
        if (pair is not null) sequences.Add(Part(pair, 1, options));
        if (options.Truncation is { } truncation)
        {
            int addedTokens = options.AddSpecialTokens ? parts.PostProcessor?.Added(pair is not null) ?? 0 : 0;
            Truncator.Apply(sequences, truncation, addedTokens, options.ReturnOverflowing, parts.File);
        }
        if (parts.PostProcessor is not null) sequences = parts.PostProcessor.Apply(sequences, options.AddSpecialTokens, Spelling);
        var whole = Join(sequences);
        if (options.Padding is { } padding) whole.Pad(padding);
        return whole.Build(Spelling);
    }

    string Spelling(int id) => TokenOf(id) ?? "";

    static EncodingBuilder Join(List<EncodingBuilder> sequences)
    {
        if (sequences.Count == 0) return new();
        var whole = sequences[0];
        foreach (var next in sequences.Skip(1)) whole.Merge(next);
        return whole;
    }

    EncodingBuilder Part(string text, int type, EncodeOptions options)
    {
        var part = new EncodingBuilder();
        Run(text, options.ParseSpecialTokens, (segment, buffer) =>
        {
            for (int i = 0; i < buffer.Count; i++)
            {
                int start = buffer.Starts[i], end = buffer.Ends[i];
                part.Add(buffer.Ids[i], segment.StartOf(start), end > start ? segment.EndOf(end - 1) : segment.StartOf(start), type);
            }
        }, null, (id, start, end) => part.Add(id, start, end, type));
        return part;
    }

    /// <summary>What the normalizer and the pre-tokenizer make of a text, to see which step does what.</summary>
    /// <param name="text">The text, without regard to special tokens.</param>
    public TokenizerTrace Trace(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var normalized = new NormalizedText(CodePoints.FromString(text), 0);
        Normalize(normalized);
        string shown = CodePoints.ToText(normalized.Chars);
        var fresh = new NormalizedText(CodePoints.FromString(shown), 0);
        var segment = new Segment(fresh);
        parts.PreTokenizer?.Apply(segment);
        return new(shown, [.. segment.Ranges.Select(r => new PreToken(CodePoints.ToText(fresh.Slice(r)), fresh.StartOf(r.Start), fresh.EndOf(r.End - 1)))]);
    }

    void Normalize(NormalizedText text)
    {
        try
        {
            parts.Normalizer?.Apply(text);
        }
        catch (TextGrowthException e)
        {
            throw new TokenizerException(parts.File, "normalizer", "its replacements make too much of this text", e);
        }
    }

    void Run(string text, bool parseSpecial, Action<NormalizedText, TokenBuffer> segments, Action<int>? token, Action<int, int, int>? placedToken = null)
    {
        try
        {
            RunUnchecked(text, parseSpecial, segments, token, placedToken);
        }
        catch (TextGrowthException e)
        {
            throw new TokenizerException(parts.File, "normalizer", "its replacements make too much of this text", e);
        }
    }

    void RunUnchecked(string text, bool parseSpecial, Action<NormalizedText, TokenBuffer> segments, Action<int>? token, Action<int, int, int>? placedToken)
    {
        var points = CodePoints.FromString(text);
        var memory = Interlocked.Exchange(ref scratch, null) ?? new ModelScratch();
        var buffer = new TokenBuffer();
        foreach (var (id, start, end) in added.SplitRaw(points, parseSpecial))
        {
            if (id >= 0)
            {
                token?.Invoke(id);
                placedToken?.Invoke(id, start, end);
                continue;
            }
            var normalized = start == 0 && end == points.Length ? new NormalizedText(points, 0) : new NormalizedText(points[start..end], start);
            parts.Normalizer?.Apply(normalized);
            var cuts = added.SplitNormalized(normalized.Chars, parseSpecial);
            foreach (var (inner, from, to) in cuts)
            {
                if (inner >= 0)
                {
                    token?.Invoke(inner);
                    placedToken?.Invoke(inner, normalized.StartOf(from), normalized.EndOf(to - 1));
                    continue;
                }
                var segment = new Segment(cuts.Count == 1 ? normalized : normalized.Part(from, to));
                parts.PreTokenizer?.Apply(segment);
                buffer.Clear();
                Tokenize(segment, buffer, memory);
                segments(segment.Text, buffer);
            }
        }
        memory.Trim();
        scratch = memory;
    }

    void Tokenize(Segment segment, TokenBuffer buffer, ModelScratch memory)
    {
        foreach (var range in CollectionsMarshal.AsSpan(segment.Ranges))
        {
            var piece = segment.Text.Slice(range);
            if (!parts.Model.CutsAtMarks)
            {
                Word(piece, range.Start, parts.CacheWords, buffer, memory);
                continue;
            }
            int from = 0;
            for (int i = 1; i < piece.Length; i++)
            {
                if (piece[i] != SentencePieceNormalizer.Mark || piece[i - 1] == SentencePieceNormalizer.Mark) continue;
                Word(piece[from..i], range.Start + from, true, buffer, memory);
                from = i;
            }
            Word(piece[from..], range.Start + from, true, buffer, memory);
        }
    }

    void Word(ReadOnlySpan<int> piece, int offset, bool cached, TokenBuffer buffer, ModelScratch memory)
    {
        if (!cached || piece.Length > WordCache.MaxWord)
        {
            parts.Model.Tokenize(piece, offset, buffer, memory);
            return;
        }
        if (memory.Words.TryGet(piece, offset, buffer, out int hash)) return;
        int from = buffer.Count;
        parts.Model.Tokenize(piece, offset, buffer, memory);
        memory.Words.Add(piece, hash, offset, buffer, from);
    }

    /// <summary>The text of token ids; ids that no token has are left out.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Leave special tokens out.</param>
    /// <param name="cleanUp">Join punctuation to the words before it; null: as the checkpoint's tokenizer_config.json says.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false, bool? cleanUp = null)
    {
        var stream = new StreamingDecoder(this, skipSpecialTokens, cleanUp);
        foreach (int id in ids) stream.Push(id);
        stream.End();
        return stream.Take();
    }

    /// <summary>A decoder for ids that come one by one.</summary>
    /// <param name="skipSpecialTokens">Leave special tokens out.</param>
    /// <param name="cleanUp">Join punctuation to the words before it; null: as the checkpoint's tokenizer_config.json says.</param>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = false, bool? cleanUp = null) => new(this, skipSpecialTokens, cleanUp);

    /// <summary>What an id gives to the decoder; null for nothing.</summary>
    internal string? DecodingOf(int id, bool skipSpecialTokens)
    {
        string? token = added.SpellingOf(id) ?? parts.Model.Vocabulary.TokenOf(id);
        return token is not null && skipSpecialTokens && added.IsSpecialSpelling(token) ? null : token;
    }

    internal ITextSink StartDecoding(ITextSink output, bool? cleanUp)
    {
        var sink = cleanUp ?? parts.CleanUp ? new CleanUpSink(output) : output;
        return (parts.Decoder ?? new SpacedDecoder()).Start(sink);
    }
}
