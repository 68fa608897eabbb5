using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>
/// One vector of many rows: a learnt probe attends to them, then an MLP around a residual (Zhai et al. 2022, §2.2;
/// transformers SiglipMultiheadAttentionPoolingHead).
/// </summary>
public sealed class AttentionPooling
{
    readonly PreNormConfig config;
    readonly Weight probe;
    readonly Linear inProj;
    readonly Linear outProj;
    readonly LayerNorm layernorm;
    readonly Mlp mlp;

    /// <param name="at">Holds <c>probe</c>, <c>attention</c>, <c>layernorm</c>, <c>mlp</c>.</param>
    /// <param name="config">The encoder's sizes, which are the head's.</param>
    public AttentionPooling(Checkpoint at, PreNormConfig config)
    {
        this.config = config;
        int hiddenSize = config.HiddenSize;
        Checkpoint attention = at["attention"];
        probe = at.Weight("probe", WeightRole.Vector, 1, 1, hiddenSize);

        // torch.nn.MultiheadAttention keeps q, k and v one below the other.
        inProj = new Linear(
            attention.Weight("in_proj_weight", WeightRole.Matrix, 3 * hiddenSize, hiddenSize),
            attention.Weight("in_proj_bias", WeightRole.Vector, 3 * hiddenSize));
        outProj = new Linear(attention["out_proj"], hiddenSize, hiddenSize);
        layernorm = new LayerNorm(at["layernorm"], hiddenSize, config.LayerNormEps);
        mlp = Mlp.Read(at["mlp"], hiddenSize, config.IntermediateSize, config.HiddenAct);
    }

    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="plan">Which rows are which picture's.</param>
    /// <returns>[pictures, hidden]</returns>
    public Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        int hidden = config.HiddenSize;
        var ones = new int[plan.Segments.Length];
        Array.Fill(ones, 1);
        Tensor queries = c.Gather(inProj.Forward(c, c.Load(probe)).Slice(0, hidden), new int[ones.Length]);
        Tensor kv = inProj.Forward(c, x);
        var keyValues = KeyValues.Memory(kv.Slice(hidden, hidden), kv.Slice(2 * hidden, hidden), plan, inProj.ArithmeticOf(c));
        Tensor pooled = outProj.Forward(c, c.Attend(queries, keyValues, Plan.Of(causal: false, ones), config.Attention));
        return mlp.Forward(c, layernorm.Forward(c, pooled), residual: pooled);
    }
}
