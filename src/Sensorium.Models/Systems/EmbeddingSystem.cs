using Sensorium.Media.Images;
using Sensorium.Tensors;

namespace Sensorium.Models.Systems;

/// <summary>
/// What turns texts, pictures or both into vectors of one space: a text encoder with its pooling, or the two towers of a
/// contrastive model. Immutable once loaded and shared by all callers.
/// </summary>
public abstract class EmbeddingSystem
{
    /// <summary>A short name for messages.</summary>
    public required string Name { get; init; }

    /// <summary>What weights, settings and processors are: part of every cache key.</summary>
    public required string Identity { get; init; }

    /// <summary>Numbers in a vector.</summary>
    public abstract int Dimensions { get; }

    /// <summary>Whether it embeds texts.</summary>
    public virtual bool TakesTexts => false;

    /// <summary>Tokens of the vocabulary: ids of texts are below it; 0 where it takes no texts.</summary>
    public virtual int VocabularySize => 0;

    /// <summary>Whether it embeds pictures.</summary>
    public virtual bool TakesPictures => false;

    /// <summary>Words that the checkpoint puts before texts for a purpose (query, passage …), by name.</summary>
    public virtual IReadOnlyDictionary<string, string> Prompts => System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>The prompt where the caller names none; null: none.</summary>
    public virtual string? DefaultPrompt => null;

    /// <summary>How a picture's logits over texts become scores; null where the model does not match pictures with texts.</summary>
    public virtual Matching? Matching => null;

    /// <summary>What a label becomes before it is matched with pictures, where the caller says nothing else; {} stands for the label.</summary>
    public virtual string LabelTemplate => "a photo of a {}";

    /// <summary>The rows that a picture takes in the encoder: how many pictures one step of the engine takes goes by it.</summary>
    public virtual int PictureRows => 512;

    /// <summary>A text with a prompt before it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="promptName">One of <see cref="Prompts"/>; null: the checkpoint's default, if it has one.</param>
    /// <exception cref="RequestException">There is no such prompt; the message lists those there are.</exception>
    public virtual string WithPrompt(string text, string? promptName)
    {
        if ((promptName ?? DefaultPrompt) is not { } name)
        {
            return text;
        }

        return Prompts.TryGetValue(name, out string? prompt)
            ? prompt + text
            : throw new RequestException(RequestError.UnsupportedOption, $"{Name} has no prompt '{name}'; {(Prompts.Count == 0 ? "it has none at all" : $"it has {string.Join(", ", Prompts.Keys)}")}");
    }

    /// <summary>A text's ids as the model reads them, special tokens included and cut where the model's longest text ends.</summary>
    public virtual TokenizedText Tokenize(string text) => throw new NotSupportedException($"{Name} takes no texts");

    /// <summary>
    /// Vectors of texts, [texts, Dimensions], as the checkpoint means them to be compared (divided by their length where it
    /// says so). All texts are one ragged pass; a text's vector does not depend on its company.
    /// </summary>
    public virtual Tensor EmbedTexts(Compute c, IReadOnlyList<int[]> texts) => throw new NotSupportedException($"{Name} takes no texts");

    /// <summary>Vectors of pictures, [pictures, Dimensions], in the same space; the pictures stand upright.</summary>
    public virtual Tensor EmbedPictures(Compute c, IReadOnlyList<Image> pictures) => throw new NotSupportedException($"{Name} takes no pictures");

    /// <summary>How well pictures and texts go together, from 0 to 1, [pictures, texts]: what zero-shot labels go by. <see cref="Matching"/> says what a score means.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pictures">What <see cref="EmbedPictures"/> gave.</param>
    /// <param name="texts">What <see cref="EmbedTexts"/> gave.</param>
    public virtual Tensor Scores(Compute c, Tensor pictures, Tensor texts) => throw new NotSupportedException($"{Name} does not match pictures with texts");
}

/// <summary>What a contrastive model's scores mean.</summary>
public enum Matching
{
    /// <summary>One text fits a picture best: a picture's scores sum to one (CLIP: softmax).</summary>
    BestText,

    /// <summary>Each text fits or does not, whatever the others (SigLIP: sigmoid).</summary>
    EachPair,
}

/// <summary>A text as ids.</summary>
/// <param name="Ids">What is embedded.</param>
/// <param name="TokensLeftOut">How many tokens did not fit; 0: the whole text is embedded.</param>
/// <param name="FilledUp">How many ids at the end only fill it up to the length that the model is used to.</param>
public readonly record struct TokenizedText(int[] Ids, int TokensLeftOut, int FilledUp = 0)
{
    /// <summary>The text's own tokens.</summary>
    public int Tokens => Ids.Length - FilledUp;
}
