namespace Sensorium.Tensors;

/// <summary>A piece of a model over sequences that keeps nothing but its result: the unit of memory, cancellation and recomputation.</summary>
public interface IBlock
{
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">[rows, channels]</param>
    /// <param name="plan">Which rows are which sequence's.</param>
    Tensor Forward(Compute c, Tensor x, Plan plan);
}

/// <summary>A piece of a model over feature maps that keeps nothing but its result.</summary>
public interface IMapBlock
{
    /// <param name="c">The context to compute in.</param>
    /// <param name="x">Maps, channels last.</param>
    FeatureMaps Forward(Compute c, FeatureMaps x);
}
