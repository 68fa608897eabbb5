using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>The sizes of an encoder's transformer layers.</summary>
/// <param name="HiddenSize">Channels of a row.</param>
/// <param name="IntermediateSize">Channels between the MLP's projections.</param>
/// <param name="NumAttentionHeads">Heads; they divide the hidden size.</param>
/// <param name="HiddenAct">The MLP's activation.</param>
/// <param name="LayerNormEps">Added to the variance in norms.</param>
public sealed record PreNormConfig(int HiddenSize, int IntermediateSize, int NumAttentionHeads, Activation HiddenAct, float LayerNormEps)
{
    /// <summary>Whether q, k and v have biases.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>Heads and their size.</summary>
    public AttentionShape Attention { get; } = new() { Heads = NumAttentionHeads, KvHeads = NumAttentionHeads, KeySize = HiddenSize / NumAttentionHeads };

    /// <summary>Reads the keys that encoders share.</summary>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts another.</exception>
    public static PreNormConfig Read(Config json)
    {
        int hidden = json.Int("hidden_size");
        int heads = json.Int("num_attention_heads");
        return hidden % heads == 0
            ? new PreNormConfig(hidden, json.Int("intermediate_size"), heads, Activations.Read(json, "hidden_act"), json.Float("layer_norm_eps"))
            : throw json.Bad("num_attention_heads", $"is {heads}, of which hidden_size {hidden} is no multiple");
    }
}

/// <summary>
/// An encoder's layer: attention and an MLP, each after a layer norm and around a residual (Dosovitskiy et al. 2021, §3.1;
/// transformers CLIPEncoderLayer, SiglipEncoderLayer, ViTLayer).
/// </summary>
/// <param name="at">The layer's place: holds <c>layer_norm1</c>, <c>self_attn</c>, <c>layer_norm2</c>, <c>mlp</c>.</param>
/// <param name="config">Its sizes.</param>
public sealed class PreNormLayer(Checkpoint at, PreNormConfig config) : IBlock
{
    readonly LayerNorm layerNorm1 = new(at["layer_norm1"], config.HiddenSize, config.LayerNormEps);
    readonly GroupedQueryAttention selfAttn = new(
        at["self_attn"],
        new SelfAttentionConfig(config.HiddenSize, config.Attention, Rope: null) { InputBias = config.QkvBias, OutputBias = true, OutputName = "out_proj" },
        layer: 0);
    readonly LayerNorm layerNorm2 = new(at["layer_norm2"], config.HiddenSize, config.LayerNormEps);
    readonly Mlp mlp = Mlp.Read(at["mlp"], config.HiddenSize, config.IntermediateSize, config.HiddenAct);

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">Hidden states, [rows, hidden].</param>
    /// <param name="plan">Which rows are which item's, and how far each sees.</param>
    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        x = selfAttn.Forward(c, layerNorm1.Forward(c, x), plan, residual: x);
        return mlp.Forward(c, layerNorm2.Forward(c, x), residual: x);
    }
}
