using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>
/// A decoder layer: attention and a feed-forward, each around a residual, with RMS norms where the family has them
/// (Touvron et al. 2023, §2.2; transformers LlamaDecoderLayer, Olmo2DecoderLayer, Gemma2DecoderLayer).
/// </summary>
public sealed class DecoderLayer : IBlock
{
    readonly RmsNorm? beforeAttention;
    readonly GroupedQueryAttention selfAttn;
    readonly RmsNorm? afterAttention;
    readonly RmsNorm? beforeMlp;
    readonly FeedForward mlp;
    readonly RmsNorm? afterMlp;

    /// <param name="at">The layer's place in the checkpoint.</param>
    /// <param name="config">How it is built.</param>
    /// <param name="layer">Its number, and its place in the key/value pages.</param>
    public DecoderLayer(Checkpoint at, DecoderConfig config, int layer)
    {
        (string? inputNorm, string? attendedNorm, string? mlpNorm, string? outputNorm) = config.Norms switch
        {
            NormPlacement.Before => ("input_layernorm", (string?)null, "post_attention_layernorm", (string?)null),
            NormPlacement.After => (null, "post_attention_layernorm", null, "post_feedforward_layernorm"),
            _ => ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"),
        };
        beforeAttention = Norm(inputNorm);
        selfAttn = new GroupedQueryAttention(at["self_attn"], config.AttentionOf?.Invoke(layer) ?? config.Attention, layer);
        afterAttention = Norm(attendedNorm);
        beforeMlp = Norm(mlpNorm);
        mlp = config.FeedForwardOf?.Invoke(at, layer)
            ?? new GatedMlp(at["mlp"], config.HiddenSize, config.IntermediateSize, config.HiddenAct, config.MlpBias, config.MlpIsFused);
        afterMlp = Norm(outputNorm);

        RmsNorm? Norm(string? name) => name is null ? null : new RmsNorm(at[name], config.HiddenSize, config.RmsNormEps, config.NormOffset);
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">Hidden states, [rows, hidden].</param>
    /// <param name="plan">Which rows are which sequence's, at which positions, and where their keys and values live.</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        Tensor normed = beforeAttention?.Forward(c, x) ?? x;
        x = afterAttention is null
            ? selfAttn.Forward(c, normed, plan, residual: x)
            : c.Add(x, afterAttention.Forward(c, selfAttn.Forward(c, normed, plan)));
        normed = beforeMlp?.Forward(c, x) ?? x;
        return afterMlp is null
            ? mlp.Forward(c, normed, residual: x)
            : c.Add(x, afterMlp.Forward(c, mlp.Forward(c, normed)));
    }
}
