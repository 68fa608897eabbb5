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

    /// <summary>Whether it embeds pictures.</summary>
    public virtual bool TakesPictures => false;

    /// <summary>How a picture's logits over texts become scores; null where the model does not match pictures with texts.</summary>
    public virtual Matching? Matching => null;

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
public readonly record struct TokenizedText(int[] Ids, int TokensLeftOut);
