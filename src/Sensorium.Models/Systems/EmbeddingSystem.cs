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

    /// <summary>Words that the checkpoint puts before texts for a purpose (query, passage …), by name.</summary>
    public virtual IReadOnlyDictionary<string, string> Prompts => System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>The prompt where the caller names none; null: none.</summary>
    public virtual string? DefaultPrompt => null;

    /// <summary>How the model sorts pictures by texts that it was not trained on; null where it does not.</summary>
    public virtual ZeroShot? ZeroShot => null;

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
}

/// <summary>
/// How a model of two towers says which text fits a picture (Radford et al. 2021; Zhai et al. 2023): the logit of a pair is
/// the product of their vectors, times the scale, plus the bias.
/// </summary>
/// <param name="Template">What a label becomes where the caller says nothing else; {} stands for the label.</param>
/// <param name="Scale">Times the product of the two vectors.</param>
/// <param name="Bias">Added.</param>
/// <param name="IsSigmoid">Every text has a probability of its own (SigLIP); false: those of all texts sum to one (CLIP).</param>
public sealed record ZeroShot(string Template, float Scale, float Bias, bool IsSigmoid)
{
    /// <summary>Each text's probability for a picture.</summary>
    /// <param name="picture">The picture's vector.</param>
    /// <param name="texts">The texts' vectors.</param>
    public float[] Probabilities(ReadOnlySpan<float> picture, IReadOnlyList<float[]> texts)
    {
        var logits = new double[texts.Count];
        for (int i = 0; i < logits.Length; i++)
        {
            double product = 0;
            for (int k = 0; k < picture.Length; k++)
            {
                product += (double)picture[k] * texts[i][k];
            }

            logits[i] = product * Scale + Bias;
        }

        if (IsSigmoid)
        {
            return Array.ConvertAll(logits, logit => (float)(1 / (1 + Math.Exp(-logit))));
        }

        double best = logits.Max();
        double[] shares = Array.ConvertAll(logits, logit => Math.Exp(logit - best));
        double sum = shares.Sum();
        return Array.ConvertAll(shares, share => (float)(share / sum));
    }
}

/// <summary>A text as ids.</summary>
/// <param name="Ids">What is embedded.</param>
/// <param name="TokensLeftOut">How many tokens did not fit; 0: the whole text is embedded.</param>
public readonly record struct TokenizedText(int[] Ids, int TokensLeftOut);
