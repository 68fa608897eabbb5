using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>
/// Two towers that bring texts and pictures into one space (CLIP, SigLIP): a picture and its caption lie in nearly the
/// same direction.
/// </summary>
public sealed class ContrastiveModel : IEmbeds
{
    readonly Weight logitScale;
    readonly Weight? logitBias;

    /// <param name="vision">The pictures' half.</param>
    /// <param name="text">The texts' half.</param>
    /// <param name="at">Holds <c>logit_scale</c> and <c>logit_bias</c>.</param>
    /// <param name="hasBias">Whether logits have a bias.</param>
    /// <param name="matching">How logits become scores.</param>
    public ContrastiveModel(VisionModel vision, TextModel text, Checkpoint at, bool hasBias, Matching matching)
    {
        Vision = vision;
        Text = text;
        Matching = matching;
        logitScale = at.Weight("logit_scale", WeightRole.Vector, 1);
        logitBias = hasBias ? at.Weight("logit_bias", WeightRole.Vector, 1) : null;
    }

    /// <summary>The pictures' half.</summary>
    public VisionModel Vision { get; }

    /// <summary>The texts' half.</summary>
    public TextModel Text { get; }

    /// <summary>How logits become scores.</summary>
    public Matching Matching { get; }

    /// <summary>What a label becomes before it is matched with pictures; {} stands for the label. The published examples of each family have theirs.</summary>
    public string LabelTemplate => Matching == Matching.BestText ? "a photo of a {}" : "This is a photo of {}.";

    /// <summary><c>logits_per_image</c>: exp(scale) · pictures · textsᵀ + bias, [pictures, texts].</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pictures">Vectors of length one, [pictures, n].</param>
    /// <param name="texts">Vectors of length one, [texts, n].</param>
    public Tensor Logits(Compute c, Tensor pictures, Tensor texts) =>
        c.Affine(c.MatMul(pictures, texts, transposed: true), MathF.Exp(Number(c, logitScale)), logitBias is null ? 0 : Number(c, logitBias));

    /// <summary>Logits as scores from 0 to 1, [pictures, texts].</summary>
    public Tensor Scores(Compute c, Tensor logits) => Matching == Matching.BestText ? c.Softmax(logits) : c.Activate(logits, Activation.Sigmoid);

    /// <inheritdoc/>
    public EmbeddingSystem ToEmbeddings(ModelFiles files, string identity) =>
        new ContrastiveSystem(Vision, Text, this, files) { Name = files.Name, Identity = identity };

    static float Number(Compute c, Weight weight)
    {
        Span<float> value = stackalloc float[1];
        c.Read(c.Load(weight), value);
        return value[0];
    }
}

/// <summary>A contrastive model, or one half of it, with tokenizer and processor.</summary>
/// <param name="vision">The pictures' half; null: it takes no pictures.</param>
/// <param name="text">The texts' half; null: it takes no texts.</param>
/// <param name="pairs">Both halves; null where there is one.</param>
/// <param name="files">Where the tokenizer is; there may be none, since pictures need none.</param>
public sealed class ContrastiveSystem(VisionModel? vision, TextModel? text, ContrastiveModel? pairs, ModelFiles files) : EmbeddingSystem
{
    readonly string folder = files.Folder;
    readonly Tokenizer? tokenizer = text is null ? null : files.ReadTokenizer();

    /// <inheritdoc/>
    public override int Dimensions => vision?.Dimensions ?? text!.Dimensions;

    /// <inheritdoc/>
    public override bool TakesTexts => text is not null;

    /// <inheritdoc/>
    public override int VocabularySize => text?.Transformer.Config.VocabSize ?? 0;

    /// <inheritdoc/>
    public override bool TakesPictures => vision is not null;

    /// <inheritdoc/>
    public override int PictureRows => vision?.Transformer.Config.Positions ?? base.PictureRows;

    /// <inheritdoc/>
    public override string LabelTemplate => pairs?.LabelTemplate ?? base.LabelTemplate;

    /// <inheritdoc/>
    public override Matching? Matching => pairs?.Matching;

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">The checkpoint has no tokenizer.</exception>
    public override TokenizedText Tokenize(string words)
    {
        if (text is null)
        {
            return base.Tokenize(words);
        }

        int[] ids = (tokenizer ?? throw TokenizerFiles.Missing(folder)).EncodeIds(words, addSpecialTokens: true);
        TextTransformerConfig config = text.Transformer.Config;
        int room = config.MaxPositionEmbeddings;
        if (ids.Length > room)
        {
            // The end stays: it is what the text is pooled at.
            return new TokenizedText([.. ids.AsSpan(0, room - 1), ids[^1]], ids.Length - room);
        }

        if (config.FillId is not { } fill)
        {
            return new TokenizedText(ids, 0);
        }

        int given = ids.Length;
        Array.Resize(ref ids, room);
        ids.AsSpan(given).Fill(tokenizer.Special.Pad ?? fill);
        return new TokenizedText(ids, 0, room - given);
    }

    /// <inheritdoc/>
    public override Tensor EmbedTexts(Compute c, IReadOnlyList<int[]> texts) =>
        text is null ? base.EmbedTexts(c, texts) : UnitLength.Of(c, text.Vectors(c, texts));

    /// <inheritdoc/>
    public override Tensor EmbedPictures(Compute c, IReadOnlyList<Image> pictures) =>
        vision is null ? base.EmbedPictures(c, pictures) : UnitLength.Of(c, vision.Vectors(c, Pixels.Of(c, vision.Processor, pictures)));

    /// <inheritdoc/>
    public override Tensor Scores(Compute c, Tensor pictures, Tensor texts) =>
        pairs is null ? base.Scores(c, pictures, texts) : pairs.Scores(c, pairs.Logits(c, pictures, texts));
}
