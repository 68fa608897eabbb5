using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Where a checkpoint keeps its masked-token head.</summary>
/// <param name="Dense">The dense layer.</param>
/// <param name="Norm">The norm after it.</param>
/// <param name="Decoder">The scope of the matrix to the vocabulary, where it is not tied.</param>
/// <param name="Bias">The vocabulary's bias.</param>
/// <param name="Activation">After the dense layer; null: the encoder's.</param>
sealed record MaskedTokenNames(string Dense, string Norm, string Decoder, string Bias, Activation? Activation)
{
    static readonly MaskedTokenNames[] Known =
    [
        new("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias", null),
        new("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias", Tensors.Activation.Gelu),
    ];

    /// <summary>BERT's names or RoBERTa's, whichever the checkpoint has; null where it has no such head.</summary>
    public static MaskedTokenNames? Find(Checkpoint at) => Array.Find(Known, names => at.Has(names.Dense + ".weight"));
}

/// <summary>What a masked token was: a dense layer with activation and norm, then the word embeddings and a bias (transformers BertLMPredictionHead, RobertaLMHead).</summary>
public sealed class MaskedTokenHead
{
    readonly Linear dense;
    readonly LayerNorm norm;
    readonly Linear decoder;
    readonly Activation activation;

    internal MaskedTokenHead(Checkpoint at, MaskedTokenNames names, BertConfig config, Weight wordEmbeddings)
    {
        activation = names.Activation ?? config.HiddenAct;
        dense = new Linear(at[names.Dense], config.HiddenSize, config.HiddenSize);
        norm = new LayerNorm(at[names.Norm], config.HiddenSize, config.LayerNormEps);
        string biasName = at.Has(names.Bias) ? names.Bias : names.Decoder + ".bias";
        Weight bias = at.Weight(biasName, WeightRole.Vector, config.VocabSize);
        Weight matrix = config.TieWordEmbeddings ? wordEmbeddings : at[names.Decoder].Weight("weight", WeightRole.Matrix, config.VocabSize, config.HiddenSize);
        decoder = new Linear(matrix, bias);

        // Copies of the tied matrix and of the bias.
        at.AllowUnused(names.Decoder + ".*");
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">The encoder's rows, [rows, hidden].</param>
    /// <returns>Logits, [rows, vocabulary].</returns>
    public Tensor Forward(Compute c, Tensor x) => decoder.Forward(c, norm.Forward(c, dense.Forward(c, x, activation)));
}
