using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>One model in the engine: it takes its turns on the device, on the engine's thread.</summary>
interface IEngineHost : IDisposable
{
    /// <summary>Whether it has nothing to do.</summary>
    bool IsIdle { get; }

    /// <summary>One share of the device: short enough that the other models do not wait for long.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <returns>False: nothing could be done, and what it waits for wakes the engine.</returns>
    bool Step(Compute c);

    /// <summary>Ends all work that it has: the engine stops, or a step failed.</summary>
    void FailAll(Exception e);
}
