using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Layers;

/// <summary>How a mixture of experts is built.</summary>
/// <param name="HiddenSize">Channels in and out.</param>
/// <param name="IntermediateSize">Channels between an expert's projections.</param>
/// <param name="Experts">How many experts there are.</param>
/// <param name="PerToken">How many of them a row goes to.</param>
/// <param name="Activation">Of the experts' gates.</param>
public sealed record MixtureConfig(int HiddenSize, int IntermediateSize, int Experts, int PerToken, Activation Activation)
{
    // Twice what the largest published models have, and little enough to declare before a tensor is looked for.
    const int MostInAll = 48 * 1024;

    /// <summary>Whether a row's shares are divided by their sum.</summary>
    public bool SharesSumToOne { get; init; } = true;

    /// <summary>The name of an expert's gate.</summary>
    public string GateName { get; init; } = "gate_proj";

    /// <summary>The name of the projection that the gate multiplies.</summary>
    public string UpName { get; init; } = "up_proj";

    /// <summary>The name of the projection back.</summary>
    public string DownName { get; init; } = "down_proj";

    /// <summary>Reads <c>num_experts_per_tok</c> and the number of experts.</summary>
    /// <param name="json">The config.</param>
    /// <param name="expertsKey">What the family calls the number of experts.</param>
    /// <param name="hiddenSize">Channels in and out.</param>
    /// <param name="intermediateSize">Channels between.</param>
    /// <param name="activation">Of the gates.</param>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts the other.</exception>
    public static MixtureConfig Read(Config json, string expertsKey, int hiddenSize, int intermediateSize, Activation activation)
    {
        int experts = json.Int(expertsKey, most: Math.Max(1, MostInAll / json.Int("num_hidden_layers")));
        return new MixtureConfig(hiddenSize, intermediateSize, experts, json.Int("num_experts_per_tok", most: experts), activation);
    }
}

/// <summary>A mixture of experts (Shazeer et al. 2017; transformers MixtralSparseMoeBlock): a router sends each row to its best few gated MLPs.</summary>
public sealed class MixtureOfExperts : FeedForward
{
    readonly MixtureConfig config;
    readonly Linear gate;
    readonly ExpertBank experts;

    /// <param name="at">The checkpoint's scope: holds <c>gate</c>, the router, and <c>experts</c>.</param>
    /// <param name="config">How it is built.</param>
    public MixtureOfExperts(Checkpoint at, MixtureConfig config)
    {
        this.config = config;
        gate = new Linear(at["gate"], config.HiddenSize, config.Experts, hasBias: false);
        Checkpoint[] places = [.. Enumerable.Range(0, config.Experts).Select(i => at["experts"][i])];
        experts = new ExpertBank(
            [.. places.Select(place => Weight.Stack(Inner(place[config.GateName]), Inner(place[config.UpName])))],
            [.. places.Select(place => place[config.DownName].Weight("weight", WeightRole.Matrix, config.HiddenSize, config.IntermediateSize))],
            config.Activation);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, Tensor x, Tensor residual = default)
    {
        Tensor mixed = c.MixExperts(x, gate.Forward(c, x), experts, config.PerToken, config.SharesSumToOne);
        return residual.IsNone ? mixed : c.Add(residual, mixed);
    }

    Weight Inner(Checkpoint at) => at.Weight("weight", WeightRole.Matrix, config.IntermediateSize, config.HiddenSize);
}
