using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Models.Systems;

/// <summary>Vectors of texts by an encoder of BERT's kind (Reimers and Gurevych 2019; sentence-transformers).</summary>
sealed class SentenceEmbeddings : EmbeddingSystem
{
    readonly Bert encoder;
    readonly SentenceModules modules;
    readonly Tokenizer tokenizer;

    /// <param name="encoder">Gives the rows.</param>
    /// <param name="modules">Make vectors of them.</param>
    /// <param name="files">The checkpoint's files: the tokenizer is read.</param>
    public SentenceEmbeddings(Bert encoder, SentenceModules modules, ModelFiles files)
    {
        this.encoder = encoder;
        this.modules = modules;
        tokenizer = ModelLoader.TokenizerOf(files);
        MaxTokens = Math.Min(encoder.ContextLength, modules.MaxLength ?? files.TokenizerMaxLength ?? encoder.ContextLength);
    }

    /// <summary>The longest text, in tokens, [CLS] and [SEP] included.</summary>
    public int MaxTokens { get; }

    public override int Dimensions => modules.Dimensions;

    public override bool TakesTexts => true;

    public override int VocabularySize => encoder.VocabularySize;

    public override IReadOnlyDictionary<string, string> Prompts => modules.Prompts;

    public override string? DefaultPrompt => modules.DefaultPrompt;

    public override string WithPrompt(string text, string? promptName)
    {
        string whole = base.WithPrompt(text, promptName);
        return modules.LeavesPromptOut && whole.Length > text.Length
            ? throw new RequestException(RequestError.UnsupportedOption, $"{Name}: its pooling leaves the prompt '{promptName ?? DefaultPrompt}' out (include_prompt in its config is false), which is not supported; use a model whose pooling takes it in")
            : whole;
    }

    public override TokenizedText Tokenize(string text)
    {
        // sentence-transformers trims texts; for tokenizers that keep spaces it matters.
        text = text.Trim();
        if (modules.LowerCase)
        {
#pragma warning disable CA1308 // What the reference does to texts, not a way to compare them.
            text = text.ToLowerInvariant();
#pragma warning restore CA1308
        }

        int[] ids = tokenizer.EncodeIds(text);
        if (ids.Length <= MaxTokens)
        {
            return new TokenizedText(ids, 0);
        }

        TokenEncoding cut = tokenizer.Encode(text, new EncodeOptions { Truncation = new Truncation(MaxTokens) });
        return new TokenizedText([.. cut.Ids], ids.Length - cut.Ids.Count);
    }

    public override Tensor EmbedTexts(Compute c, IReadOnlyList<int[]> texts) => encoder.Vectors(c, texts);
}
