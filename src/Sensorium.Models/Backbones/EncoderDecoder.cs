using Sensorium.Tensors;

namespace Sensorium.Models.Backbones;

/// <summary>
/// A language model that reads a source with an encoder and answers with a decoder (Vaswani et al. 2017): a prompt is the
/// source, its encoded rows are the memory that the decoder's cross-attention reads, and the decoder's own rows begin with
/// a start token.
/// </summary>
public abstract class EncoderDecoder : Backbone
{
    /// <summary>The token that the decoder begins with.</summary>
    public abstract int DecoderStartTokenId { get; }

    /// <summary>The longest source; <see cref="int.MaxValue"/> where only memory limits it.</summary>
    public abstract int SourceLength { get; }

    /// <summary>The longest answer where neither the caller nor the checkpoint names one.</summary>
    public abstract int UsualAnswer { get; }

    /// <summary>
    /// The encoder: embedded rows (<see cref="Backbone.Embed"/>, soft vectors among them) of many sources to memories of as
    /// many rows, the final norm included.
    /// </summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="plan">Whose rows they are; rows see each other both ways. It has no pages.</param>
    /// <returns>[rows, hidden]</returns>
    public abstract Tensor Encode(Compute c, Tensor x, Plan plan);
}
